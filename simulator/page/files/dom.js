// Makes elements. Text goes in as text: nothing here reads markup.

export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

// `key` is what the button is known by where its label changes.
export function button(label, onclick, kind = "", key = label) {
  return element("button", { type: "button", class: kind, onclick, "data-key": key }, label);
}
