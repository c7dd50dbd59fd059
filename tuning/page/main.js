// Draws what the page holds as JSON.

show(JSON.parse(document.getElementById("data").textContent));
