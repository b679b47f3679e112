select x / 2;
