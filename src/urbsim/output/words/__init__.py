"""Words: what results say in sentences, in Chinese and English, for figures, reports and tables alike."""
