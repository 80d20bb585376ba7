package feed

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"chiave/internal/platform/errs"
)

// Object is one JSON object of a document. Members are taken by name; Close names those that nobody took.
type Object struct {
	Place    Place // of the object itself
	members  []member
	taken    map[string]bool
	problems *Problems
	unusable bool // something about it is in problems
}

// Text is a text with its place. An absent one is empty and stands where its object or row stands.
type Text struct {
	Value string
	Place Place
}

// Whole is a whole number with its place.
type Whole struct {
	Value int64
	Given bool
	Place Place
}

// Flag is true or false, with its place.
type Flag struct {
	Value, Given bool
	Place        Place
}

func newObject(v value, path string, problems *Problems) *Object {
	members := v.in().members
	return &Object{Place: v.at(path), members: members, taken: make(map[string]bool, len(members)), problems: problems}
}

// Has reports whether the object has a member of that name that is not null.
func (o *Object) Has(name string) bool {
	for _, m := range o.members {
		if m.name == name {
			return m.value.kind != null
		}
	}
	return false
}

// Bad reports whether a problem of the object was named by the methods that take its members.
func (o *Object) Bad() bool { return o.unusable }

// Refuse names a problem with one of the object's values.
func (o *Object) Refuse(at Place, code string, params ...errs.Params) {
	o.unusable = true
	o.problems.Add(at, code, params...)
}

// take returns the value of a member, of the type wanted, with its place.
func (o *Object) take(name string, want kind) (value, Place, bool) {
	o.taken[name] = true
	place := o.Place
	place.Field = o.path(name)
	for _, m := range o.members {
		if m.name != name {
			continue
		}
		place = m.value.at(place.Field)
		if m.value.kind == null {
			return value{}, place, false
		}
		if m.value.kind != want {
			o.Refuse(place, "feed.not_"+kindNames[want])
			return value{}, place, false
		}
		return m.value, place, true
	}
	return value{}, place, false
}

func (o *Object) path(name string) string {
	if o.Place.Field == "" {
		return name
	}
	return o.Place.Field + "." + name
}

// Text takes an optional text.
func (o *Object) Text(name string) Text {
	v, place, ok := o.take(name, text)
	if !ok {
		return Text{Place: place}
	}
	clean, code := cleanText(v.text)
	if code != "" {
		o.Refuse(place, code, errs.Params{"name": name, "max": MaxText})
		return Text{Place: place}
	}
	return Text{clean, place}
}

// Need takes a text that must be there.
func (o *Object) Need(name string) Text {
	before := o.problems.Count()
	t := o.Text(name)
	if t.Value == "" && o.problems.Count() == before {
		o.Refuse(t.Place, "feed.missing", errs.Params{"name": name})
	}
	return t
}

// NeedWhole takes a whole number that must be there.
func (o *Object) NeedWhole(name string) Whole {
	before := o.problems.Count()
	v, place, ok := o.take(name, number)
	if !ok {
		if o.problems.Count() == before {
			o.Refuse(place, "feed.missing", errs.Params{"name": name})
		}
		return Whole{Place: place}
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	if err != nil {
		o.Refuse(place, "feed.not_whole", errs.Params{"name": name})
		return Whole{Place: place}
	}
	return Whole{n, true, place}
}

// Flag takes an optional true or false; false when absent.
func (o *Object) Flag(name string) Flag {
	v, place, ok := o.take(name, boolean)
	return Flag{v.text == "true", ok, place}
}

// Object takes an optional object; nil when absent.
func (o *Object) Object(name string) *Object {
	v, place, ok := o.take(name, object)
	if !ok {
		return nil
	}
	return newObject(v, place.Field, o.problems)
}

// Objects takes an optional list of objects. Items of another type are named and left out.
func (o *Object) Objects(name string) []*Object {
	var all []*Object
	o.list(name, object, func(v value, place Place) {
		all = append(all, newObject(v, place.Field, o.problems))
	})
	return all
}

// NeedTexts takes a list of texts that must be there and not be empty.
func (o *Object) NeedTexts(name string) []Text {
	before := o.problems.Count()
	all := o.texts(name)
	if len(all) == 0 && o.problems.Count() == before {
		place := o.Place
		place.Field = o.path(name)
		o.Refuse(place, "feed.missing", errs.Params{"name": name})
	}
	return all
}

func (o *Object) texts(name string) []Text {
	var all []Text
	o.list(name, text, func(v value, place Place) {
		clean, code := cleanText(v.text)
		if code == "" && clean == "" {
			code = "feed.missing"
		}
		if code != "" {
			o.Refuse(place, code, errs.Params{"name": name, "max": MaxText})
			return
		}
		all = append(all, Text{clean, place})
	})
	return all
}

func (o *Object) list(name string, want kind, each func(value, Place)) {
	v, place, ok := o.take(name, array)
	if !ok {
		return
	}
	for i, item := range v.in().items {
		at := item.at(fmt.Sprintf("%s[%d]", place.Field, i))
		if item.kind != want {
			o.Refuse(at, "feed.not_"+kindNames[want])
			continue
		}
		each(item, at)
	}
}

// Close names every member that was not taken.
func (o *Object) Close() {
	for _, m := range o.members {
		if !o.taken[m.name] {
			o.Refuse(m.at(o.path(m.name)), "feed.member_unknown", errs.Params{"name": m.name})
		}
	}
}

// cleanText trims a text and returns the code of what is wrong with it, if anything is.
func cleanText(s string) (clean, code string) {
	clean = strings.TrimSpace(s)
	if len(clean) > MaxText && utf8.RuneCountInString(clean) > MaxText {
		return "", "feed.text_too_long"
	}
	for i := range len(clean) { // nearly every text is ASCII without control characters
		if c := clean[i]; c < ' ' || c >= 0x7f {
			return refuseUnseen(clean)
		}
	}
	return clean, ""
}

// refuseUnseen refuses what cannot be seen: control characters, and format characters (Unicode, general category Cf) such as zero
// width spaces and changes of direction, by which two numbers that look the same differ.
func refuseUnseen(s string) (clean, code string) {
	var before rune
	for i, r := range s {
		if unicode.IsControl(r) {
			return "", "feed.control_character"
		}
		if unicode.Is(unicode.Cf, r) {
			after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
			if r != zeroWidthJoiner && r != zeroWidthNonJoiner || !joined(before) || !joined(after) {
				return "", "feed.invisible_character"
			}
		}
		before = r
	}
	return s, ""
}

const (
	zeroWidthNonJoiner = '\u200c'
	zeroWidthJoiner    = '\u200d'
	firstJoined        = '\u0600' // Latin, Greek, Cyrillic, Armenian and Hebrew come before
)

// joined reports whether r is of a script in which joiners are part of the spelling, such as Arabic and Devanagari (Unicode Standard,
// section 23.2).
func joined(r rune) bool {
	return r >= firstJoined && r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsMark(r))
}
