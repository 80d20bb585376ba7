// Package static serves the files that pages load: stylesheets, scripts, the font, the icon.
//
// They are part of the program. Their addresses carry a hash of all of them, so that a browser keeps them for a year
// and still never mixes two versions; text is compressed once. What others made lies in vendor/, each with its licence.
//
// The package does not know pages. A page finds a file's address with URL.
package static
