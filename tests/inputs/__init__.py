"""Every bad input the import must know, one test each: what must happen to it is in the test's name."""
