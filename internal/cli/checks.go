package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"chiave/internal/app"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// auditVerifyCommand computes the audit log again.
type auditVerifyCommand struct {
	Checkpoint string `placeholder:"FILE"`
	storage
}

// fault is one alteration of the audit log.
type fault struct {
	Kind   string `json:"kind"`
	Record string `json:"record,omitempty"`
	Number *int64 `json:"number,omitempty"`
	Detail string `json:"detail"`
}

// verification is what verifying the audit log has found.
type verification struct {
	Valid      bool    `json:"valid"`
	Sealed     int64   `json:"sealed"`
	Unsealed   int64   `json:"unsealed"`
	Kept       int     `json:"kept_checkpoints"`
	Checkpoint string  `json:"checkpoint,omitempty"`
	Faults     []fault `json:"faults"`
	FaultCount int64   `json:"fault_count"`
}

func (c *auditVerifyCommand) run(ctx context.Context, s *session) error {
	cfg, log, err := s.open(c.flags())
	if err != nil {
		return err
	}
	var kept []byte
	if c.Checkpoint != "" {
		if kept, err = os.ReadFile(c.Checkpoint); err != nil {
			return unreadable(c.Checkpoint, err)
		}
		if len(bytes.TrimSpace(kept)) == 0 { // compared with nothing, everything would be in order
			return errs.New(errs.Invalid, "cli.file_empty", errs.Params{"file": c.Checkpoint})
		}
	}
	p := s.newProgress(s.out.T("cli.progress.verify"), -1, false)
	report, err := app.AuditVerify(ctx, cfg, log, kept, p.set)
	p.end()
	if err != nil {
		return err
	}
	found := s.verification(report)
	err = s.show(found, func() { s.showVerification(found) })
	if !found.Valid {
		return errors.Join(err, &finding{exitFault})
	}
	return err
}

func (s *session) verification(r audit.VerifyReport) verification {
	v := verification{Valid: r.OK(), Sealed: r.Sealed, Unsealed: r.Unsealed, Kept: r.Kept, Checkpoint: string(r.Checkpoint), Faults: []fault{}, FaultCount: r.FaultCount}
	for _, f := range r.Faults {
		one := fault{Kind: string(f.Kind), Detail: s.out.T("cli.fault." + string(f.Kind))}
		if f.Record != "" {
			one.Record = ids.Prefix("aud").Wire(f.Record)
		}
		if f.Seq >= 0 {
			one.Number = &f.Seq
		}
		v.Faults = append(v.Faults, one)
	}
	return v
}

func (s *session) showVerification(v verification) {
	for _, f := range v.Faults {
		line := f.Detail
		if f.Record != "" {
			line += " · " + f.Record
		}
		if f.Number != nil {
			line += " · " + s.number(*f.Number)
		}
		fmt.Fprintln(s.Stderr, line)
	}
	if !v.Valid {
		fmt.Fprintln(s.Stderr, s.out.N("cli.audit.altered", v.FaultCount))
		return
	}
	s.say(s.out.N("cli.audit.whole", v.Sealed))
	if v.Unsealed > 0 {
		s.say(s.out.N("cli.audit.unsealed", v.Unsealed))
	}
	if v.Kept > 0 {
		s.say(s.out.N("cli.audit.kept", int64(v.Kept)))
	}
	if v.Checkpoint != "" {
		if v.Kept == 0 {
			s.say(s.out.T("cli.audit.none_kept"))
		}
		s.say("")
		s.say(v.Checkpoint)
	}
}

// doctorCommand examines the installation.
type doctorCommand struct {
	SMTPHost string `name:"smtp-host" placeholder:"NAME" group:"settings"`
	storage
}

// symptom is one finding of the doctor.
type symptom struct {
	State    string `json:"state"`
	Code     string `json:"code"`
	Sentence string `json:"sentence"`
}

func (c *doctorCommand) run(ctx context.Context, s *session) error {
	flags := c.flags()
	flags["smtp_host"] = c.SMTPHost
	cfg, log, err := s.open(flags)
	if err != nil {
		return err
	}
	p := s.newProgress(s.out.T("cli.progress.verify"), -1, false)
	found := app.Doctor(ctx, cfg, log, p.set)
	p.end()
	if err := ctx.Err(); err != nil {
		return err
	}
	type examination struct {
		State    app.State `json:"state"`
		Findings []symptom `json:"findings"`
	}
	answer := examination{found.Worst(), []symptom{}}
	for _, f := range found.Findings {
		answer.Findings = append(answer.Findings, symptom{string(f.State), f.Code, s.sentence(f)})
	}
	err = s.show(answer, func() {
		for _, f := range answer.Findings {
			s.say(fmt.Sprintf("%-4s  %s", f.State, f.Sentence))
		}
	})
	if answer.State == app.Fail {
		return errors.Join(err, &finding{exitFault})
	}
	return err
}

// sentence says what a finding means.
func (s *session) sentence(f app.Finding) string {
	if f.Err == nil {
		return s.out.T("cli.doctor."+f.Code, arguments(f.Params)...)
	}
	problem, code := s.problem(f.Err)
	text := s.out.T("cli.doctor."+f.Code, "reason", problem.Title)
	if hint := s.hint(problem, code); hint != "" {
		text += " " + hint
	}
	return text
}

func arguments(params errs.Params) []any {
	var args []any
	for name, value := range params {
		args = append(args, name, value)
	}
	return args
}
