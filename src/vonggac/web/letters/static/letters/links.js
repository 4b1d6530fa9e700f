// The way back leads to the letter, not to the address from the message: that opens something and should not stay in a shared browser.

document.querySelector("form[data-enters]")?.addEventListener("submit", () => history.replaceState(null, "", "/a/form"));
