fetch("/sandbox/transcript?channel=%23general")
  .then((answer) => answer.text())
  .then((text) => { document.getElementById("transcript").textContent = text; });
