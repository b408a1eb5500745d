/// One line of a list of devices: what it asks for, or why it cannot be taken.
package struct DeviceImportRow: Sendable, Equatable {
    package let line: Int
    /// As it stands there.
    package let name: String
    package let wish: Wish?
    /// Follows the column's name: "name must not be empty".
    package let fault: String?

    package struct Wish: Sendable, Equatable {
        package var name: DeviceName
        package var type: String
        package var tags: [DeviceTag]
        /// By name or id; empty: that of the import.
        package var application: String
        package var group: String
        /// Expected of the one device that may enrol for it; empty: of any.
        package var serial: String
        package var mac: String
    }

    package static let columns = ["name", "type", "tags", "application", "group", "serial", "mac"]
    /// Bytes.
    package static let longestType = 80

    /// - Throws: what makes the whole list unreadable.
    package static func rows(of table: CSVTable) throws(CSVTable.Fault) -> [DeviceImportRow] {
        guard table.columns.contains("name") else {
            throw CSVTable.Fault(line: 1, reason: "has no column “name”")
        }
        for column in table.columns where !column.isEmpty && !columns.contains(column) {
            let known = columns.joined(separator: ", ")
            throw CSVTable.Fault(
                line: 1, reason: "has a column “\(column)” that is none of \(known)")
        }
        var lines: [String: Int] = [:]
        return table.rows.map { row in
            let name = table.text("name", in: row)
            func refused(_ reason: String) -> DeviceImportRow {
                DeviceImportRow(line: row.line, name: name, wish: nil, fault: reason)
            }
            let valid: DeviceName
            do throws(ValidationFault) { valid = try DeviceName(validating: name) } catch {
                return refused("name \(error.reason)")
            }
            if let other = lines.updateValue(row.line, forKey: valid.text.lowercased()) {
                return refused("name stands in line \(other) already")
            }
            let type = table.text("type", in: row)
            guard type.utf8.count <= longestType else {
                return refused("type must be at most \(longestType) bytes")
            }
            var tags: [DeviceTag] = []
            let words = table.text("tags", in: row).split { " |,;".contains($0) }
            for word in words {
                do throws(ValidationFault) {
                    let tag = try DeviceTag(validating: String(word))
                    if !tags.contains(tag) { tags.append(tag) }
                } catch { return refused("tag “\(word)” \(error.reason)") }
            }
            guard tags.count <= DeviceTag.maximumCount else {
                return refused("tags must be at most \(DeviceTag.maximumCount)")
            }
            return DeviceImportRow(
                line: row.line, name: name,
                wish: Wish(
                    name: valid, type: type, tags: tags,
                    application: table.text("application", in: row),
                    group: table.text("group", in: row), serial: table.text("serial", in: row),
                    mac: table.text("mac", in: row)),
                fault: nil)
        }
    }
}
