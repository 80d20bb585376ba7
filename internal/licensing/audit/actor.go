package audit

import "chiave/internal/platform/ids"

// ActorKind says what sort of actor did something.
type ActorKind string

// The kinds of actors. Jobs and the system are actors too.
const (
	Anonymous ActorKind = "anonymous" // nobody is signed in
	User      ActorKind = "user"      // a person: customer, partner or publisher staff
	Machine   ActorKind = "machine"   // whoever holds a product key and activates with it
	Job       ActorKind = "job"       // queued work; ID is the job's
	System    ActorKind = "system"    // the installation itself: init, migrations, demo data
)

// Actor is who does something. It is a parameter of every use case and never rides in a context.
//
// An Actor carries no rights: the rooms look them up, in the transaction that uses them.
type Actor struct {
	Kind ActorKind
	// ID is the user's id, or the job's. Empty for the others.
	ID ids.ID
	// For is the organization a member of staff or a partner acts for; empty when the actor acts for itself.
	For ids.ID
	// Token is the API token a User came with; empty for a session. Its scopes narrow the user's rights.
	Token ids.ID
	// Session is the session a User came with; empty for an API token. Who has signed out of it meanwhile is nobody. Records do not keep it.
	Session ids.ID
	// By is the member of staff who sees what this User sees, in Session, and can change nothing; empty for the user. It is By who goes on record.
	By ids.ID
	// Request is the id of the request, which answers and logs show too.
	Request string
}

// OnRecord is the actor whom records name: the one who really acts.
func (a Actor) OnRecord() Actor {
	if a.By == "" {
		return a
	}
	return Actor{Kind: User, ID: a.By, For: a.For, Session: a.Session, Request: a.Request}
}

// Nobody is the actor of a request that is not signed in.
func Nobody(request string) Actor { return Actor{Kind: Anonymous, Request: request} }

// Itself is the installation as an actor.
func Itself() Actor { return Actor{Kind: System} }
