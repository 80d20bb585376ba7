package accounts

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"chiave/internal/licensing/access"
	"chiave/internal/licensing/audit"
	"chiave/internal/platform/db"
	"chiave/internal/platform/errs"
	"chiave/internal/platform/ids"
)

// tokenLife is the longest that an API token may live.
const tokenLife = 366 * 24 * time.Hour

// APIToken is a token as its owner sees it; the secret is shown once, when it is made.
type APIToken struct {
	ID        ids.ID
	Name      string
	Scopes    []access.Action // access.Everything narrows nothing
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // to the minute; zero is never
}

var (
	errToken        = errs.New(errs.Unauthenticated, "accounts.token")
	errTokenUnknown = errs.New(errs.NotFound, "accounts.token_unknown")
)

// CreateToken makes an API token of the actor, who has signed in and does not come with a token, that may do, within the actor's own
// rights, what scopes name, until an instant at most 366 days away. Errors: those of Gate.Delegable; Invalid "accounts.token_request" with its fields.
func (s *Service) CreateToken(ctx context.Context, actor audit.Actor, name string, scopes []access.Action, until time.Time) (secret string, id ids.ID, err error) {
	err = s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.Delegable(scopes); err != nil {
			return err
		}
		invalid := errs.New(errs.Invalid, "accounts.token_request")
		if name = strings.TrimSpace(name); name == "" || !plainText(name, longestName) {
			invalid = invalid.With(errs.Field{Pointer: "name", Code: "accounts.name", Params: errs.Params{"max": longestName}})
		}
		if !until.After(tx.Now()) || until.Sub(tx.Now()) > tokenLife {
			invalid = invalid.With(errs.Field{Pointer: "until", Code: "accounts.token_until", Params: errs.Params{"days": int(tokenLife.Hours() / 24)}})
		}
		if len(invalid.Fields) > 0 {
			return invalid
		}
		var err error
		if secret, id, err = addToken(tx, actor, apiTokenPrefix, actor.ID, name, scopes, until); err != nil {
			return err
		}
		tx.SetResult(string(id))
		return nil
	})
	if err != nil {
		return "", "", err
	}
	return secret, id, nil
}

// addToken writes a token of user and its audit record.
func addToken(tx *db.Tx, actor audit.Actor, prefix string, user ids.ID, name string, scopes []access.Action, until time.Time) (secret string, id ids.ID, err error) {
	secret, id = newSecret(prefix), tx.NewID()
	_, err = tx.Exec("INSERT INTO api_tokens (id, token_hash, user_id, name, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		id, digest(secret), user, name, joinScopes(scopes), tx.Now(), until)
	if err != nil {
		return "", "", err
	}
	after := struct {
		User   string    `json:"user"`
		Scopes []string  `json:"scopes"`
		Until  time.Time `json:"until"`
	}{users.Wire(user), strings.Fields(joinScopes(scopes)), until}
	return secret, id, audit.Record(tx, actor, audit.Event{Action: "tokens.created", Object: tokens.Wire(id), After: after})
}

// ListTokens returns the actor's tokens that work, the newest first. Errors: those of Gate.Private.
func (s *Service) ListTokens(ctx context.Context, actor audit.Actor) ([]APIToken, error) {
	var all []APIToken
	err := s.access.Read(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		all = nil
		if err := g.Private(); err != nil {
			return err
		}
		return tx.Each("SELECT id, name, scopes, created_at, expires_at, used_at FROM api_tokens WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY id DESC",
			[]any{actor.ID, tx.Now()}, func(scan func(...any) error) error {
				var t APIToken
				var scopes string
				err := scan(&t.ID, &t.Name, &scopes, &t.CreatedAt, &t.ExpiresAt, &t.UsedAt)
				t.Scopes = readScopes(scopes)
				all = append(all, t)
				return err
			})
	})
	return all, err
}

// GetToken returns one of the actor's tokens that was not revoked. Errors: those of Gate.SignedIn; NotFound
// "accounts.token_unknown".
func (s *Service) GetToken(ctx context.Context, actor audit.Actor, token ids.ID) (APIToken, error) {
	all, err := s.ListTokens(ctx, actor)
	if err != nil {
		return APIToken{}, err
	}
	i := slices.IndexFunc(all, func(t APIToken) bool { return t.ID == token })
	if i < 0 {
		return APIToken{}, errTokenUnknown
	}
	return all[i], nil
}

// joinScopes writes scopes as they are stored, each once.
func joinScopes(scopes []access.Action) string {
	words := make([]string, len(scopes))
	for i, scope := range scopes {
		words[i] = string(scope)
	}
	slices.Sort(words)
	return strings.Join(slices.Compact(words), " ")
}

func readScopes(stored string) (scopes []access.Action) {
	for scope := range strings.FieldsSeq(stored) {
		scopes = append(scopes, access.Action(scope))
	}
	return scopes
}

// RevokeToken ends one of the actor's tokens at once. Errors: those of Gate.SignedIn; NotFound "accounts.token_unknown"
// also for another user's token and one that was revoked before.
func (s *Service) RevokeToken(ctx context.Context, actor audit.Actor, token ids.ID) error {
	return s.access.Write(ctx, actor, func(tx *db.Tx, g *access.Gate) error {
		if err := g.SignedIn(); err != nil {
			return err
		}
		n, err := tx.Exec("UPDATE api_tokens SET revoked_at = $1 WHERE id = $2 AND user_id = $3 AND revoked_at IS NULL", tx.Now(), token, actor.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return errTokenUnknown
		}
		tx.SetResult(string(token))
		return audit.Record(tx, actor, audit.Event{Action: "tokens.revoked", Object: tokens.Wire(token)})
	})
}

// Token returns who an API token belongs to, by what the database says now, and notes that it was used. Errors:
// Unauthenticated "accounts.token".
func (s *Service) Token(ctx context.Context, apiToken string) (Session, error) {
	var session Session
	var due bool
	err := s.access.Read(ctx, audit.Nobody(""), func(tx *db.Tx, g *access.Gate) error {
		g.Public()
		var id, user ids.ID
		var used time.Time
		var scopes string
		err := tx.Row("SELECT id, user_id, used_at, scopes FROM api_tokens WHERE token_hash = $1 AND revoked_at IS NULL AND expires_at > $2",
			digest(apiToken), tx.Now()).Scan(&id, &user, &used, &scopes)
		if err == nil {
			session.Actor, session.Scopes = audit.Actor{Kind: audit.User, ID: user, Token: id}, readScopes(scopes)
			session.User, err = userTx(tx, user)
		}
		if errors.Is(err, db.ErrNoRow) {
			return g.Refuse(access.SignIn, errToken)
		}
		due = markDue(used, tx.Now())
		return err
	})
	if err != nil {
		return Session{}, err
	}
	if !due {
		return session, nil
	}
	err = s.db.Housekeep(ctx, "marking the last use of an API token", func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE api_tokens SET used_at = $1 WHERE id = $2 AND (used_at IS NULL OR used_at <= $3)",
			tx.Now(), session.Actor.Token, tx.Now().Add(-markEvery))
		return err
	})
	return session, err
}
