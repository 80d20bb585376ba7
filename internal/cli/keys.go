package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"chiave/client"
	"chiave/internal/platform/errs"
)

// keysListCommand lists product keys, masked.
type keysListCommand struct {
	LicensingID string `name:"licensing-id" placeholder:"N"`
}

func (c *keysListCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	all, err := everyPage(0, func(q client.PageQuery) (client.Page[client.ProductKey], error) {
		return cl.ProductKeys(ctx, c.LicensingID, q)
	})
	if err != nil {
		return err
	}
	return s.show(all, func() { s.showKeys(all.Items) })
}

func (s *session) showKeys(list []client.ProductKey) {
	if len(list) == 0 {
		s.say(s.out.T("cli.keys.empty"))
		return
	}
	t := newTable(s.out.T("cli.column.id"), s.out.T("cli.column.licensing_id"), s.out.T("cli.column.product"), s.out.T("cli.column.type"), s.out.T("cli.column.key"),
		">"+s.out.T("cli.column.used"), ">"+s.out.T("cli.column.available"), s.out.T("cli.column.state"))
	for _, k := range list {
		used, available, state := "", "", ""
		if k.Counted {
			used, available = s.number(k.Used), s.number(k.Available)
		}
		switch {
		case k.Foreign:
			state = s.out.T("cli.keys.foreign")
		case k.State == "superseded":
			state = s.out.T("cli.keys.superseded")
		}
		name := k.ProductName
		if name == "" {
			name = strings.Join(k.Products, ", ")
		}
		t.add(k.ID, k.LicensingID, name, s.keyType(k.Type), k.Masked, used, available, state)
	}
	t.write(s.Stdout)
	s.say(s.out.N("cli.keys.count", int64(len(list))))
}

// revealCommand shows a key.
type revealCommand struct {
	ID string `arg:""`
}

func (c *revealCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	key, err := cl.RevealKey(ctx, c.ID)
	if err != nil {
		return err
	}
	return s.show(key, func() { s.say(key.Key) })
}

// exportCommand writes the key file.
type exportCommand struct {
	Format      string `enum:"tsv,csv" required:"" placeholder:"FORMAT"`
	Output      string `placeholder:"FILE"`
	LicensingID string `name:"licensing-id" placeholder:"N"`
}

func (c *exportCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	if c.Output == "" && s.globals.JSON {
		type content struct {
			Format  string `json:"format"`
			Content string `json:"content"`
		}
		var text strings.Builder
		if err := cl.ExportKeys(ctx, c.LicensingID, c.Format, &text); err != nil {
			return err
		}
		return writeJSON(s.Stdout, content{c.Format, text.String()})
	}
	if c.Output == "" {
		return cl.ExportKeys(ctx, c.LicensingID, c.Format, s.Stdout)
	}
	if _, err := os.Stat(c.Output); err == nil {
		return errs.New(errs.Conflict, "cli.file_exists", errs.Params{"file": c.Output})
	}
	var size int64
	err = writeWhole(c.Output, func(f *os.File) error {
		p := s.newProgress(s.out.T("cli.progress.export"), -1, true)
		defer p.end()
		out := &countedWriter{Writer: f, to: p}
		err := cl.ExportKeys(ctx, c.LicensingID, c.Format, out)
		size = out.done
		return err
	})
	if err != nil {
		return err
	}
	type exported struct {
		File   string `json:"file"`
		Format string `json:"format"`
		Bytes  int64  `json:"bytes"`
	}
	return s.show(exported{c.Output, c.Format, size}, func() { s.say(s.out.T("cli.keys.exported", "file", c.Output)) })
}

// writeWhole makes a file that only its owner can read, with all of its content or not at all. An older file of the name is replaced.
func writeWhole(name string, write func(f *os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*") // mode 0600
	if err != nil {
		return unwritable(name, err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if err := write(f); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close(), os.Rename(f.Name(), name)); err != nil {
		return unwritable(name, err)
	}
	return nil
}

func unwritable(file string, err error) error {
	return errs.New(errs.Invalid, "cli.file_unwritable", errs.Params{"file": file}).Wrap(err)
}

// writeSecret writes one line that only the file's owner can read.
func writeSecret(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return unwritable(file, err)
	}
	return writeWhole(file, func(f *os.File) error {
		_, err := f.WriteString(text + "\n")
		return err
	})
}

// generateCommand makes keys.
type generateCommand struct {
	LicensingID string   `name:"licensing-id" required:"" placeholder:"N"`
	Type        string   `enum:"mak,kms_host,volume,setup,service" required:"" placeholder:"TYPE"`
	Product     []string `required:"" placeholder:"P" sep:"none"`
	Limit       *int64   `placeholder:"N"`
	Count       int      `placeholder:"N" default:"1"`
}

func (c *generateCommand) run(ctx context.Context, s *session) error {
	ask := client.Generation{LicensingID: c.LicensingID, Type: c.Type, Products: c.Product, Count: c.Count}
	if c.Count < 1 { // the server would take zero for "not said", as with the limit
		return errs.New(errs.Invalid, "cli.at_least", errs.Params{"flag": "--count", "least": 1})
	}
	if c.Limit != nil {
		if ask.Limit = *c.Limit; ask.Limit < 1 {
			return errs.New(errs.Invalid, "cli.at_least", errs.Params{"flag": "--limit", "least": 1})
		}
	}
	cl, err := s.client()
	if err != nil {
		return err
	}
	made, err := cl.GenerateKeys(ctx, ask)
	if err != nil {
		return err
	}
	return s.show(client.Page[client.ProductKey]{Items: made}, func() { s.showKeys(made) })
}

// activationsCommand lists the computers that a key has activated.
type activationsCommand struct {
	ID string `arg:""`
}

func (c *activationsCommand) run(ctx context.Context, s *session) error {
	cl, err := s.client()
	if err != nil {
		return err
	}
	all, err := everyPage(0, func(q client.PageQuery) (client.Page[client.Activation], error) { return cl.Activations(ctx, c.ID, q) })
	if err != nil {
		return err
	}
	return s.show(all, func() {
		if len(all.Items) == 0 {
			s.say(s.out.T("cli.activations.empty"))
			return
		}
		t := newTable(s.out.T("cli.column.at"), s.out.T("cli.column.machine"), s.out.T("cli.column.product"), s.out.T("cli.column.installation"))
		for _, a := range all.Items {
			t.add(s.instant(a.ActivatedAt), a.Machine, a.Product, a.InstallationID)
		}
		t.write(s.Stdout)
		s.say(s.out.N("cli.activations.count", int64(len(all.Items))))
	})
}
