# For training: fields, tables and counters.
{
  for (i = 1; i <= NF; i++) {
    word = tolower($i)
    gsub(/[^a-z]/, "", word)
    if (word != "") { seen[word]++; letters += length(word) }
  }
  lines[length($0) % 40]++
}
END {
  for (word in seen) { n++; best = seen[word] > seen[best] ? word : best }
  print n, letters, best, seen[best]
  for (i = 0; i < 40; i++) printf "%d%s", lines[i], i < 39 ? " " : "\n"
}
