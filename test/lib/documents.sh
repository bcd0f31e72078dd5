# documents: what the documents have of commands, settings and output
#
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 the nexthop-milter authors
#
# To be sourced by bash, after load.sh has set $srcdir. A document is README or one of docs/. Its
# headings are underlined. A block is a run of lines that are indented by four or more; empty lines
# between such lines are part of it. A test that runs a block, or compares it, gets it by
#
#	document_block DOCUMENT 'HEADING' [N]
#
# with the words as they stand there, in single quotes, or all of them by
#
#	document_path DOCUMENT
#
# if it complains of a block that it does not understand. test/structure/documents.sh looks for these
# calls, and fails where a block has none.

# Where it is.
document_path() { # DOCUMENT
	echo "$srcdir/$1"
}

# The Nth block below a heading, without its indentation. Without N: the first.
document_block() { # DOCUMENT HEADING [N]
	document_scan "$1" | awk -F '\t' -v heading="$2" -v number="${3:-1}" '
		$1 == heading && $2 == number { sub(/^[^\t]*\t[^\t]*\t/, ""); print }'
}

# The blocks of a document, "DOCUMENT 'HEADING' N" each.
document_blocks() { # DOCUMENT
	document_scan "$1" | awk -F '\t' -v document="$1" '{ printf "%s '\''%s'\'' %d\n", document, $1, $2 }' | uniq
}

# "HEADING<tab>N<tab>LINE" for each line of a block.
document_scan() { # DOCUMENT
	awk '
		function put(line) { printf "%s\t%d\t%s\n", heading, number, line }
		/^(---+|===+)$/ { heading = last; number = 0; inside = 0 }
		{ last = $0 }
		/^    / {
			if (!inside) { number++; empty = 0 }
			inside = 1
			while (empty > 0) { put(""); empty-- }
			put(substr($0, 5))
			next
		}
		/^$/ { empty++; next }
		{ inside = 0 }' "$srcdir/$1"
}
