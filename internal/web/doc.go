// Package web is the portal: pages by noun, rendered on the server in English and Italian, that work without script.
//
// Promises:
//   - A handler parses, calls one use case of a room and shows its answer. Rules, access decisions and SQL are the rooms'.
//   - Every page is a row of the route table. What its menu entry shows follows from the table too: a place without a
//     page is not in the menu.
//   - Who reads a page is looked up on every request by the cookie's session token; nothing about a person is cached.
//   - A handler answers or returns an error; one wrapper writes either. Pages are rendered whole before the first byte
//     goes out, so that no half page looks finished.
//   - What does not exist and what the reader may not know of are the same page.
//   - A form of the class "form" carries a key in a hidden field; sending it twice has its effect once.
//   - Texts of internal errors, product keys and passwords are never in an address or a log. A product key is on the one
//     page that its owner asked it to be shown on.
//
// The package does not know how it is wired nor the other faces.
package web
