"""Official documents: values to DOCX and PDF, a letter's bytes to what it says, a signed PDF to a verdict. Pure: bytes and values in and out."""
