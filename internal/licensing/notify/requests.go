package notify

// The events of permission requests.
const (
	// RequestSubmitted tells the Administrators of a Licensing ID of a request (N05). Params: name (may be empty), requester, email,
	// licensing_id, request, roles (codes), comments (may be empty), link (to the request).
	RequestSubmitted = "request_submitted"
	// RequestAccepted and RequestDenied tell the requester of the outcome (N06). Params: name (may be empty), licensing_id, request, roles
	// (codes, of what was given), note (may be empty), link.
	RequestAccepted = "request_accepted"
	RequestDenied   = "request_denied"
	// RequestReminder reminds the Administrators of a request for Administrator on an Open License (N07). Params: name (may be empty),
	// requester, licensing_id, request, since, due (Instants), link.
	RequestReminder = "request_reminder"
	// RequestOverdue tells the publisher's staff, and the Administrators once more, that nobody has decided in time (N07). Params: as
	// RequestReminder.
	RequestOverdue = "request_overdue"
)

func requestEvents() []string {
	return []string{RequestAccepted, RequestDenied, RequestOverdue, RequestReminder, RequestSubmitted}
}

// requestForms returns the parameters of an event of permission requests; nil for another.
func requestForms(event string) map[string]form {
	switch event {
	case RequestSubmitted:
		return map[string]form{"name": name, "requester": text, "email": text, "licensing_id": text, "request": text, "roles": roles, "comments": optional, "link": link}
	case RequestAccepted:
		return map[string]form{"name": name, "licensing_id": text, "request": text, "roles": roles, "note": optional, "link": link}
	case RequestDenied:
		return map[string]form{"name": name, "licensing_id": text, "request": text, "note": optional, "link": link}
	case RequestReminder, RequestOverdue:
		return map[string]form{"name": name, "requester": text, "licensing_id": text, "request": text, "since": instant, "due": instant, "link": link}
	}
	return nil
}
