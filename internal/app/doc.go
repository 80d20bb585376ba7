// Package app puts the parts together: it opens the database and the secrets, builds the rooms, starts the jobs and serves the faces.
//
// It also holds what happens to an installation as a whole: init, migrate, backup, restore and doctor. It composes reactions
// that cross rooms, where a room would otherwise have to call upward; it holds no rule of the business itself.
package app
