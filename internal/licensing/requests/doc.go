// Package requests lets people ask for roles on a Licensing ID, and its Administrators answer.
//
// It owns permission_requests and permission_request_days. The roles that an answer gives are rows of access.
//
// Invariants:
//   - Asking tells nothing: a number that nobody has, another program's and another organization's give the same answer, by the same
//     statements, and a request that waits. What has no Licensing ID waits for the publisher's staff. Mails go out by a job.
//   - Who the Administrators are is told to nobody who asks. Administrators learn who decided.
//   - One decision settles a request, by one conditional UPDATE, after the Licensing ID's roles are locked. Roles that are accepted count
//     at once, are among those asked for, and never more.
//   - Nobody approves by waiting: a request for Administrator on an Open License that nobody answers is reminded of after one day and after
//     two, and after three is overdue, which the publisher's staff are told.
//   - The same request waits once, and a person asks a limited number of times a day.
//
// Records name the requester by id and leave out what was written.
//
// The room knows neither passwords nor the pair of numbers of Add Open License.
package requests
