package cli

import (
	"context"

	"chiave/client"
)

// registerStartCommand has a signup code mailed to a business address.
type registerStartCommand struct {
	Email string `arg:""`
}

func (c *registerStartCommand) run(ctx context.Context, s *session) error {
	cl, err := s.anonymous()
	if err != nil {
		return err
	}
	made, err := cl.StartRegistration(ctx, client.RegistrationStart{Address: c.Email, Language: string(s.out.Lang())})
	if err != nil {
		return err
	}
	return s.show(made, func() { s.say(s.out.T("cli.register.started", "email", made.Address, "id", made.ID)) })
}

// registerAgainCommand has a new code mailed.
type registerAgainCommand struct {
	ID string `arg:"" name:"id"`
}

func (c *registerAgainCommand) run(ctx context.Context, s *session) error {
	cl, err := s.anonymous()
	if err != nil {
		return err
	}
	if err := cl.SendSignupCode(ctx, c.ID); err != nil {
		return err
	}
	return s.show(struct {
		ID string `json:"id"`
	}{c.ID}, func() { s.say(s.out.T("cli.register.again")) })
}

// registerCompleteCommand makes the account.
type registerCompleteCommand struct {
	ID           string `arg:"" name:"id"`
	Code         string `required:"" placeholder:"CODE"`
	FirstName    string `required:"" placeholder:"TEXT"`
	LastName     string `required:"" placeholder:"TEXT"`
	Country      string `required:"" placeholder:"CODE"`
	PasswordFile string `required:"" placeholder:"FILE"`
}

func (c *registerCompleteCommand) run(ctx context.Context, s *session) error {
	cl, err := s.anonymous()
	if err != nil {
		return err
	}
	password, err := s.secret(c.PasswordFile)
	if err != nil {
		return err
	}
	err = cl.CompleteRegistration(ctx, c.ID, client.RegistrationCompletion{Code: c.Code, FirstName: c.FirstName, LastName: c.LastName, Country: c.Country,
		Language: string(s.out.Lang()), Password: password})
	if err != nil {
		return err
	}
	return s.show(struct {
		ID string `json:"id"`
	}{c.ID}, func() { s.say(s.out.T("cli.register.completed")) })
}

// joinCommand has a link mailed to another address of the caller's.
type joinCommand struct {
	Email string `arg:""`
}

func (c *joinCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	if err := cl.ClaimAddress(ctx, c.Email); err != nil {
		return err
	}
	return s.show(struct {
		Email string `json:"email"`
	}{c.Email}, func() { s.say(s.out.T("cli.register.claimed", "email", printable(c.Email))) })
}
