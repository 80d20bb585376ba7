package cli

import (
	"context"
	"slices"
	"strings"

	"chiave/client"
	"chiave/internal/platform/errs"
)

// requestsListCommand lists the requests that one answers, or one's own.
type requestsListCommand struct {
	Mine    bool
	Decided bool
}

func (c *requestsListCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	all := client.Page[client.PermissionRequest]{}
	if c.Mine {
		all.Items, err = cl.MyPermissionRequests(ctx)
	} else {
		all, err = requestsAnswered(ctx, cl, c.Decided)
	}
	if err != nil {
		return err
	}
	return s.show(all, func() {
		if len(all.Items) == 0 {
			s.say(s.out.T("cli.requests.empty"))
			return
		}
		t := newTable(s.out.T("cli.column.request"), s.out.T("cli.column.person"), s.out.T("cli.column.address"), s.out.T("cli.column.licensing_id"), s.out.T("cli.column.roles"),
			s.out.T("cli.column.state"), s.out.T("cli.column.at"))
		for _, r := range all.Items {
			t.add(r.Number, r.Requester, r.Address, r.LicensingID, s.roles(r.Roles), s.requestState(r), s.instant(r.Created))
		}
		t.write(s.Stdout)
	})
}

func requestsAnswered(ctx context.Context, cl *client.Client, decided bool) (client.Page[client.PermissionRequest], error) {
	return everyPage(0, func(q client.PageQuery) (client.Page[client.PermissionRequest], error) {
		return cl.PermissionRequests(ctx, decided, q)
	})
}

func (s *session) roles(codes []string) string {
	names := make([]string, len(codes))
	for i, c := range codes {
		names[i] = s.role(c)
	}
	return strings.Join(names, ", ")
}

func (s *session) requestState(r client.PermissionRequest) string {
	switch {
	case r.Overdue:
		return s.out.T("cli.requests.overdue")
	case r.State == "pending":
		return s.out.T("cli.requests.pending")
	case r.State == "accepted":
		return s.out.T("cli.requests.accepted")
	case r.State == "denied":
		return s.out.T("cli.requests.denied")
	}
	return r.State
}

// submitCommand asks for roles.
type submitCommand struct {
	LicensingID string   `arg:"" name:"licensing-id"`
	Program     string   `placeholder:"CODE"`
	Role        []string `required:"" placeholder:"ROLE"`
	Comments    string   `placeholder:"TEXT"`
}

func (c *submitCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	made, err := cl.RequestPermissions(ctx, client.PermissionSubmission{Program: c.Program, LicensingID: c.LicensingID, Roles: c.Role, Comments: c.Comments})
	if err != nil {
		return err
	}
	return s.show(made, func() {
		s.say(s.out.T("cli.requests.submitted", "request", made.Number, "licensing_id", printable(made.LicensingID)))
	})
}

// acceptCommand accepts a request.
type acceptCommand struct {
	Request string   `arg:""`
	Role    []string `placeholder:"ROLE"`
	Note    string   `placeholder:"TEXT"`
}

func (c *acceptCommand) run(ctx context.Context, s *session) error {
	return s.decide(ctx, c.Request, client.PermissionDecision{Accept: true, Roles: c.Role, Note: c.Note})
}

// denyCommand denies a request.
type denyCommand struct {
	Request string `arg:""`
	Note    string `placeholder:"TEXT"`
}

func (c *denyCommand) run(ctx context.Context, s *session) error {
	return s.decide(ctx, c.Request, client.PermissionDecision{Note: c.Note})
}

// decide answers a request that is named by its number or its id.
func (s *session) decide(ctx context.Context, named string, d client.PermissionDecision) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	id := named
	if !strings.HasPrefix(named, "prq_") {
		if id, err = requestID(ctx, cl, named); err != nil {
			return err
		}
	}
	r, err := cl.DecidePermissionRequest(ctx, id, d)
	if err != nil {
		return err
	}
	return s.show(r, func() {
		if d.Accept {
			s.say(s.out.T("cli.requests.given", "request", r.Number, "address", r.Address, "roles", s.roles(r.Granted), "licensing_id", r.LicensingID))
			return
		}
		s.say(s.out.T("cli.requests.refused", "request", r.Number))
	})
}

// requestID returns the id of a request by its number. Errors: NotFound "cli.no_request".
func requestID(ctx context.Context, cl *client.Client, number string) (string, error) {
	for _, decided := range []bool{false, true} {
		all, err := requestsAnswered(ctx, cl, decided)
		if err != nil {
			return "", err
		}
		if i := slices.IndexFunc(all.Items, func(r client.PermissionRequest) bool { return strings.EqualFold(r.Number, number) }); i >= 0 {
			return all.Items[i].ID, nil
		}
	}
	return "", errs.New(errs.NotFound, "cli.no_request", errs.Params{"request": number})
}
