"""Live feeds: where lines come from, how they are cut, stamped and spooled, and how a spool grows into a case."""
