package i18n

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/language"
	textmessage "golang.org/x/text/message"
)

//go:embed locales/*/*.json
var embedded embed.FS

// portalParam is the parameter that carries the portal's name (GEN-01: it is a setting).
const portalParam = "portal"

// Catalog holds the sentences of both languages. It does not change after Load and is safe for concurrent use.
type Catalog struct {
	messages map[Lang]map[string]message
	numbers  map[Lang]*textmessage.Printer
}

// Load reads the catalogs that are part of the program. It names everything that breaks an invariant of the package.
func Load() (*Catalog, error) {
	locales, err := fs.Sub(embedded, "locales")
	if err != nil {
		return nil, fmt.Errorf("opening the catalogs: %w", err)
	}
	return load(locales)
}

// load reads <lang>/<subject>.json for every language.
func load(locales fs.FS) (*Catalog, error) {
	c := &Catalog{
		messages: map[Lang]map[string]message{},
		numbers: map[Lang]*textmessage.Printer{
			English: textmessage.NewPrinter(language.English),
			Italian: textmessage.NewPrinter(language.Italian),
		},
	}
	var faults []error
	for _, lang := range Langs() {
		c.messages[lang] = map[string]message{}
		names, err := fs.Glob(locales, string(lang)+"/*.json")
		if err != nil {
			return nil, fmt.Errorf("listing the catalogs: %w", err)
		}
		for _, name := range names {
			if err := readSubject(locales, name, c.messages[lang]); err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", name, err))
			}
		}
	}
	faults = append(faults, c.compare()...)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return c, nil
}

// readSubject adds the entries of one file to into.
func readSubject(locales fs.FS, name string, into map[string]message) error {
	subject := strings.TrimSuffix(path.Base(name), ".json")
	file, err := locales.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	var faults []error
	err = readObject(json.NewDecoder(file), func(entry string, d *json.Decoder) error {
		key := subject + "." + entry
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return err
		}
		m, err := parseMessage(raw)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s %w", key, err))
		}
		if _, twice := into[key]; twice {
			faults = append(faults, fmt.Errorf("%s is there twice", key))
		}
		if strings.ContainsFunc(key, func(r rune) bool { return r != '.' && !validName(string(r)) }) {
			faults = append(faults, fmt.Errorf("%s: a key is made of lower-case letters, digits, _ and dots", key))
		}
		into[key] = m
		return nil
	})
	return errors.Join(append(faults, err)...)
}

// readObject walks one JSON object by token, because a plain Unmarshal hides a key that is there twice.
func readObject(d *json.Decoder, each func(key string, d *json.Decoder) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return fmt.Errorf("is not a JSON object: %w", err)
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		key, ok := t.(string)
		if !ok {
			return fmt.Errorf("has a key that is no text: %v", t)
		}
		if err := each(key, d); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	_, err := d.Token()
	return err
}

// parseMessage reads a sentence, or the one and other of a plural.
func parseMessage(raw json.RawMessage) (message, error) {
	var plain string
	if json.Unmarshal(raw, &plain) == nil {
		t, err := parseText(plain)
		return message{other: t}, err
	}
	var forms map[string]string
	if err := json.Unmarshal(raw, &forms); err != nil {
		return message{}, fmt.Errorf("is neither a text nor a plural")
	}
	if got := slices.Sorted(maps.Keys(forms)); !slices.Equal(got, []string{"one", "other"}) {
		return message{}, fmt.Errorf("is a plural with the forms %v instead of one and other", got)
	}
	one, errOne := parseText(forms["one"])
	other, errOther := parseText(forms["other"])
	m := message{plural: true, one: one, other: other}
	if err := errors.Join(errOne, errOther); err != nil {
		return m, err
	}
	if !slices.Contains(message{other: other}.params(), "n") {
		return m, fmt.Errorf("is a plural whose other form does not show {n}")
	}
	return m, nil
}

// compare names every difference between the languages.
func (c *Catalog) compare() []error {
	var faults []error
	for _, key := range c.Keys() {
		en, inEnglish := c.messages[English][key]
		it, inItalian := c.messages[Italian][key]
		switch {
		case !inEnglish:
			faults = append(faults, fmt.Errorf("%s is missing in en", key))
		case !inItalian:
			faults = append(faults, fmt.Errorf("%s is missing in it", key))
		case en.plural != it.plural:
			faults = append(faults, fmt.Errorf("%s is a plural in one language only", key))
		case !slices.Equal(en.params(), it.params()):
			faults = append(faults, fmt.Errorf("%s has the parameters %v in en and %v in it", key, en.params(), it.params()))
		}
	}
	return faults
}

// Keys returns every key in order of name.
func (c *Catalog) Keys() []string {
	all := map[string]bool{}
	for _, messages := range c.messages {
		for key := range messages {
			all[key] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// For returns the printer of a language, with the portal's name "Chiave" until WithPortal gives another. An unknown
// language prints English.
func (c *Catalog) For(lang Lang) Printer {
	if _, ok := c.messages[lang]; !ok {
		lang = English
	}
	return Printer{catalog: c, lang: lang, portal: "Chiave"}
}
