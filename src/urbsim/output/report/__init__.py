"""Reports: one page for the browser, one document for Word, in the same words."""
