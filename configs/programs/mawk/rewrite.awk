# To measure: regular expressions that match, cut and rewrite.
function reverse(s,   i, r) { for (i = length(s); i; i--) r = r substr(s, i, 1); return r }
BEGIN { FS = "[,.] *|ing +" }
/^[A-Z][a-z]+ (ch|st|tr)[aeiou]+/ { started++ }
/([aeiou][^aeiou ])+ing/ && !/[0-9]/ { singing++ }
match($0, /[0-9]+(er|s|ed)?( |$)/) { total += substr($0, RSTART, RLENGTH); where += RSTART }
{
  fields += NF
  line = $0
  n += gsub(/[bcd][aeiou]+/, "<&>", line)
  sub(/ (.*) /, "[\\&]", line)
  n += split(line, part, /[<>]/)
  if (NR % 5 == 0) { $2 = toupper($2) "|" reverse($1); printf "%s\n", substr($0, 1, 60) }
}
index($0, "tra") > 20 { late++ }
END { print started, singing, total, where, fields, n, late }
