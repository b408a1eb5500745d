/// A list out of a spreadsheet (RFC 4180, and what spreadsheets make of it): a first line of column
/// names, commas, semicolons or tabs between fields, quotes, a byte order mark, any line ends.
package struct CSVTable: Sendable, Equatable {
    package struct Row: Sendable, Equatable {
        /// Where it begins in the file, from 1.
        package let line: Int
        let fields: [String]
    }

    package struct Fault: Error, Sendable, Equatable {
        package let line: Int
        /// Follows "Line 7 " in a sentence.
        package let reason: String
    }

    /// 10,000: more devices than a site has.
    package static let maximumRows = 10_000
    package static let maximumFieldBytes = 4_096

    /// In lower case.
    package let columns: [String]
    package let rows: [Row]

    package init(_ bytes: [UInt8]) throws(Fault) {
        var bytes = bytes[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw Fault(line: 1, reason: "is UTF-16: save the file as CSV UTF-8")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw Fault(line: 1, reason: "begins a text that is not UTF-8: save it as CSV UTF-8")
        }
        var records = try Self.records(bytes)
        records.removeAll { $0.fields.allSatisfy { $0.isEmpty } }
        guard let head = records.first else {
            throw Fault(line: 1, reason: "must name the columns, “name” among them")
        }
        columns = head.fields.map { $0.lowercased() }
        var seen: Set<String> = []
        for column in columns where !column.isEmpty && !seen.insert(column).inserted {
            throw Fault(line: head.line, reason: "names the column “\(column)” twice")
        }
        rows = Array(records.dropFirst())
        guard rows.count <= Self.maximumRows else {
            throw Fault(
                line: rows[Self.maximumRows].line,
                reason: "is beyond the \(Self.maximumRows) that are taken at once")
        }
        for row in rows where row.fields.count > columns.count {
            throw Fault(line: row.line, reason: "has more fields than there are columns")
        }
    }

    /// Blanks at both ends are cut off; empty where the row ends before the column.
    package func text(_ column: String, in row: Row) -> String {
        guard let index = columns.firstIndex(of: column), index < row.fields.count else {
            return ""
        }
        return row.fields[index]
    }

    private static func records(_ bytes: ArraySlice<UInt8>) throws(Fault) -> [Row] {
        let separator = separator(of: bytes)
        var records: [Row] = []
        var fields: [String] = []
        var field: [UInt8] = []
        var wasQuoted = false
        var line = 1
        var first = 1
        var index = bytes.startIndex

        func text() -> String {
            let text = String(decoding: field, as: UTF8.self)
            return wasQuoted ? text : text.trimmingBlanks()
        }
        func endRecord() {
            fields.append(text())
            records.append(Row(line: first, fields: fields))
            fields = []
            field = []
            wasQuoted = false
        }
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            guard field.count <= maximumFieldBytes else {
                throw Fault(line: line, reason: "holds a field that is too long")
            }
            switch byte {
            case UInt8(ascii: "\"") where !wasQuoted && isBlank(field):
                field = []
                wasQuoted = true
                let opened = line
                while true {
                    guard index < bytes.endIndex else {
                        throw Fault(line: opened, reason: "opens a quote that nothing closes")
                    }
                    let inner = bytes[index]
                    index += 1
                    if inner == UInt8(ascii: "\"") {
                        guard index < bytes.endIndex, bytes[index] == inner else { break }
                        index += 1
                    }
                    if inner == UInt8(ascii: "\n") { line += 1 }
                    field.append(inner)
                    guard field.count <= maximumFieldBytes else {
                        throw Fault(line: opened, reason: "holds a field that is too long")
                    }
                }
            case separator:
                fields.append(text())
                field = []
                wasQuoted = false
            case UInt8(ascii: "\r"), UInt8(ascii: "\n"):
                if byte == UInt8(ascii: "\r"), index < bytes.endIndex,
                    bytes[index] == UInt8(ascii: "\n")
                {
                    index += 1
                }
                endRecord()
                line += 1
                first = line
            default:
                if wasQuoted {
                    guard byte == UInt8(ascii: " ") else {
                        throw Fault(line: line, reason: "has letters behind a closing quote")
                    }
                } else {
                    field.append(byte)
                }
            }
        }
        if !field.isEmpty || wasQuoted || !fields.isEmpty { endRecord() }
        return records
    }

    private static func isBlank(_ field: [UInt8]) -> Bool {
        field.allSatisfy { $0 == UInt8(ascii: " ") }
    }

    /// What stands most often in the first line; a comma where nothing does.
    private static func separator(of bytes: ArraySlice<UInt8>) -> UInt8 {
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        let choices = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
        var best = (byte: choices[0], count: 0)
        for choice in choices {
            let count = line.count { $0 == choice }
            if count > best.count { best = (choice, count) }
        }
        return best.byte
    }
}
