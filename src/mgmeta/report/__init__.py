"""Tables, words and the HTML report, all rendered from results."""
