// Imported before the script of a child: whoever started it may be killed before it can end it.
const parent = process.ppid
setInterval(() => {
  if (process.ppid !== parent) process.exit(1)
}, 1_000).unref()
