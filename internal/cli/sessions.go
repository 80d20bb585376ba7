package cli

import (
	"context"

	"chiave/client"
	"chiave/internal/platform/errs"
)

// sessionsListCommand lists where the person is signed in.
type sessionsListCommand struct{}

func (c *sessionsListCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	list, err := cl.Sessions(ctx)
	if err != nil {
		return err
	}
	return s.show(client.Page[client.OpenSession]{Items: list}, func() {
		t := newTable(s.out.T("cli.column.id"), s.out.T("cli.column.started"), s.out.T("cli.column.used"), s.out.T("cli.column.from"), s.out.T("cli.column.agent"))
		for _, o := range list {
			id := o.ID
			if o.Current {
				id += " *"
			}
			t.add(id, s.instant(o.Started), s.instant(o.Used), o.Address, o.Agent)
		}
		t.write(s.Stdout)
	})
}

// sessionsEndCommand ends one session, or all others.
type sessionsEndCommand struct {
	ID     string `arg:"" optional:""`
	Others bool
}

func (c *sessionsEndCommand) run(ctx context.Context, s *session) error {
	if (c.ID == "") == !c.Others {
		return errs.New(errs.Invalid, "cli.sessions_which")
	}
	cl, err := s.client()
	if err != nil {
		return err
	}
	if !c.Others {
		if err := cl.EndSession(ctx, c.ID); err != nil {
			return err
		}
		type ended struct {
			ID string `json:"id"`
		}
		return s.show(ended{c.ID}, func() { s.say(s.out.T("cli.sessions.ended", "id", c.ID)) })
	}
	n, err := cl.EndOtherSessions(ctx)
	if err != nil {
		return err
	}
	type ended struct {
		Ended int `json:"ended"`
	}
	return s.show(ended{n}, func() { s.say(s.out.N("cli.sessions.others_ended", int64(n))) })
}
