package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/i18n"
	"chiave/internal/platform/ids"
	"chiave/internal/platform/jobs"
	"chiave/internal/platform/mail"
)

// sendKind is the kind of the jobs that send one message.
const sendKind = "notify.send"

// Sealer encrypts what must not be in clear in the database. place names the row, so that a body moved to another row
// cannot be opened.
type Sealer interface {
	Seal(place string, plaintext []byte) ([]byte, error)
	Open(place string, sealed []byte) ([]byte, error)
}

// Needs are what the room works with. All are required but Portal.
type Needs struct {
	DB     *db.DB
	Access *access.Service
	Queue  *jobs.Runner
	Sealer Sealer
	Mail   *mail.Client
	Texts  *i18n.Catalog
	Portal string // the portal's name in mails; "Chiave" when empty
}

// Service writes, sends and lists messages. It is safe for concurrent use.
type Service struct{ needs Needs }

// New returns the service and registers its work with the queue, which must not have been started yet. Without a mail
// server this replica leaves messages where they are: they wait, untried, until one that has a server sends them.
func New(needs Needs) *Service {
	s := &Service{needs: needs}
	if needs.Mail.Configured() {
		needs.Queue.HandleWith(sendKind, jobs.Handler{Run: s.send, Dead: s.giveUp})
	}
	return s
}

// sending is the payload of a job.
type sending struct {
	Message ids.ID `json:"message"`
}

// EnqueueTx writes the message and enqueues its sending as part of tx. An unknown event, or a parameter that is missing,
// unknown or of the wrong form, is a fault of the caller and internal.
func (s *Service) EnqueueTx(tx *db.Tx, m Message) error {
	if err := m.check(); err != nil {
		return fmt.Errorf("asking for a mail: %w", err)
	}
	lang, _ := i18n.ParseLang(m.Lang)
	id := tx.NewID()
	body, err := m.seal(s.needs.Sealer, id)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO messages (id, licensing_id, event, recipient, lang, state, body, created_at, attempts, reply)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)`, id, m.Licensing, m.Event, m.To, string(lang), string(Queued), body, tx.Now())
	if err != nil {
		return fmt.Errorf("writing a message: %w", err)
	}
	return s.needs.Queue.Enqueue(tx, sendKind, sending{id}, time.Time{})
}

// send delivers the message of a job. A process that dies between the server's yes and the commit lets the next attempt
// send the mail again, under the same Message-ID.
func (s *Service) send(ctx context.Context, j jobs.Job) error {
	var work sending
	if err := j.Into(&work); err != nil {
		return err
	}
	letter, err := s.deliver(ctx, work.Message)
	if errors.Is(err, errSettled) {
		return nil
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err() // the server is being stopped: no attempt
	}
	if failed := s.record(context.WithoutCancel(ctx), work.Message, err); failed != nil {
		return errors.Join(err, failed)
	}
	if mail.Refused(err) {
		return jobs.Permanent(err)
	}
	if err != nil {
		return fmt.Errorf("sending a mail of %s: %w", letter, err)
	}
	return nil
}

// errSettled says that a message needs no sending any more.
var errSettled = errors.New("the message is sent or given up")

// deliver renders the message and hands it to the mail server. It returns the message's event.
func (s *Service) deliver(ctx context.Context, id ids.ID) (event string, err error) {
	var m Message
	var state State
	var body []byte
	var created time.Time
	err = s.needs.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.Row("SELECT event, recipient, lang, state, body, created_at FROM messages WHERE id = $1", id).
			Scan(&m.Event, &m.To, &m.Lang, &state, &body, &created)
	})
	if errors.Is(err, db.ErrNoRow) || err == nil && state != Queued {
		return m.Event, errSettled
	}
	if err != nil {
		return m.Event, err
	}
	if err := m.open(s.needs.Sealer, id, body); err != nil {
		return m.Event, err
	}
	letter, err := s.write(m)
	if err != nil {
		return m.Event, err
	}
	return m.Event, s.needs.Mail.Send(ctx, mail.Mail{To: m.To, Subject: letter.Subject, Text: letter.Text(), HTML: letter.HTML(), ID: Prefix.Wire(id), Date: created})
}

// record writes an attempt and its result into the log; delivery erases what the mail said.
func (s *Service) record(ctx context.Context, id ids.ID, failed error) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return s.needs.DB.Housekeep(ctx, "recording the delivery of a mail", func(tx *db.Tx) error {
		if failed == nil {
			_, err := tx.Exec("UPDATE messages SET state = $1, body = NULL, attempts = attempts + 1, tried_at = $2, result = NULL, reply = 250 WHERE id = $3",
				string(Sent), tx.Now(), id)
			return err
		}
		_, err := tx.Exec("UPDATE messages SET attempts = attempts + 1, tried_at = $1, result = $2, reply = $3 WHERE id = $4 AND state = $5",
			tx.Now(), errs.CodeOf(failed), replyOf(failed), id, string(Queued))
		return err
	})
}

// replyOf returns the mail server's reply code in err; 0 when there is none.
func replyOf(err error) int {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return 0
	}
	reply, _ := e.Params["reply"].(int)
	return reply
}

// giveUp marks the message of a dead job as failed, in the transaction that buries the job.
func (s *Service) giveUp(tx *db.Tx, j jobs.Job, _ string) error {
	var work sending
	if err := j.Into(&work); err != nil {
		return err
	}
	_, err := tx.Exec("UPDATE messages SET state = $1, body = NULL WHERE id = $2 AND state = $3", string(Failed), work.Message, string(Queued))
	return err
}
