/** Nothing the tests share yet; what jsdom lacks is added here. */
