int unit(int a) { return a + 1; }
