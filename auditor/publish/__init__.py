"""Files: the HTML report, its archive, exports, and where they are written."""
