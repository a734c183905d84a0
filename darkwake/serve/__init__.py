"""The live page and its interface: what a watch shows to a browser, and who may see it."""
