package app

import (
	"time"

	"chiave/internal/platform/config"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
	"chiave/internal/platform/seal"
)

// integrity has the engine look at its own structures.
func (e *Examination) integrity(tx *db.Tx) error {
	problems, first := int64(0), ""
	query := tx.Pick("SELECT quick_check FROM pragma_quick_check WHERE quick_check <> 'ok'",
		"SELECT c.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid")
	err := tx.Each(query, nil, func(scan func(...any) error) error {
		var text string
		if err := scan(&text); err != nil {
			return err
		}
		if problems == 0 {
			first = text
		}
		problems++
		return nil
	})
	if err != nil {
		return err
	}
	if problems > 0 {
		e.add(Fail, "integrity_broken", errs.Params{"count": problems, "first": first})
		return nil
	}
	e.add(Good, "integrity_whole", nil)
	return nil
}

// counts compares the use of every key with the computers it activated.
func (e *Examination) counts(tx *db.Tx) error {
	var n int64
	err := tx.Row(`SELECT count(*) FROM product_keys k WHERE k.origin = 'own'
		AND k.used <> (SELECT count(*) FROM activations a WHERE a.licensing_id = k.licensing_id AND a.key_id = k.id)`).Scan(&n)
	if err == nil {
		e.counted(n, "counts_agree", "counts_differ", Fail)
	}
	return err
}

// ciphertext opens the oldest and the newest product keys.
func (e *Examination) ciphertext(tx *db.Tx, sealer *seal.Sealer) error {
	const sample = 50
	var opened, broken int64
	for _, order := range []string{"ASC", "DESC"} {
		err := tx.Each("SELECT id, sealed FROM product_keys ORDER BY id "+order+" LIMIT $1", []any{sample}, func(scan func(...any) error) error {
			var id ids.ID
			var sealed []byte
			if err := scan(&id, &sealed); err != nil {
				return err
			}
			opened++
			if _, err := sealer.Open("product_keys/"+string(id), sealed); err != nil {
				broken++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if broken > 0 {
		e.add(Fail, "ciphertext_broken", errs.Params{"count": broken, "of": opened})
		return nil
	}
	e.add(Good, "ciphertext_opens", nil)
	return nil
}

// clockTolerance is how far behind its own records a clock may stand: replicas differ by their round trips.
const clockTolerance = time.Minute

// clock looks for records from the future: then the clock was set back.
func (e *Examination) clock(tx *db.Tx) error {
	var newest time.Time
	if err := tx.Row("SELECT max(at) FROM audit_records").Scan(&newest); err != nil {
		return err
	}
	if ahead := newest.Sub(tx.Now()); !newest.IsZero() && ahead > clockTolerance {
		e.add(Fail, "clock_back", errs.Params{"minutes": int64(ahead / time.Minute)})
		return nil
	}
	e.add(Good, "clock_forward", nil)
	return nil
}

// queue looks for work that was given up.
func (e *Examination) queue(tx *db.Tx) error {
	var n int64
	err := tx.Row("SELECT count(*) FROM jobs WHERE dead_at IS NOT NULL").Scan(&n)
	if err == nil {
		e.counted(n, "jobs_alive", "jobs_dead", Warn)
	}
	return err
}

// mail looks for mails that were given up, and for those that wait for a server that nobody has named.
func (e *Examination) mail(tx *db.Tx, cfg config.Config) error {
	var failed, queued int64
	err := tx.Row("SELECT count(*) FILTER (WHERE state = 'failed'), count(*) FILTER (WHERE state = 'queued') FROM messages WHERE state <> 'sent'").Scan(&failed, &queued)
	if err != nil {
		return err
	}
	e.counted(failed, "mail_sent", "mail_failed", Warn)
	if cfg.SMTP.Host == "" {
		e.add(Warn, "mail_waits", errs.Params{"count": queued})
	}
	return nil
}

// administrators counts Licensing IDs with one Administrator or none (ADM-01, ADM-04).
func (e *Examination) administrators(tx *db.Tx) error {
	var none, sole int64
	err := tx.Row(`SELECT count(*) FILTER (WHERE n = 0), count(*) FILTER (WHERE n = 1) FROM (
		SELECT (SELECT count(DISTINCT g.address) FROM role_grants g WHERE g.licensing_id = l.id AND g.role = 'administrator' AND g.revoked_at IS NULL
			AND g.valid_from <= $1 AND (g.valid_until IS NULL OR g.valid_until > $1)) AS n FROM licensing_ids l) AS counted`, tx.Now()).Scan(&none, &sole)
	if err != nil {
		return err
	}
	if none > 0 {
		e.add(Warn, "administrators_none", errs.Params{"count": none})
	}
	e.counted(sole, "administrators_several", "administrators_sole", Warn)
	return nil
}
