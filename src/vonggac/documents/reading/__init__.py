"""How a letter is read: files to paragraphs with their places (``word_files``, ``pages``), paragraphs to what they say.

``head`` what stands above the text, ``tail`` what stands below it, ``clauses`` the numbered tree, ``mentions`` other letters and
times; all of them know text only, no file.
"""
