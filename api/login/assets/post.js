// Sends the form that carries the answer to the application. Without scripts, its button does.
document.forms[0].submit();
