package import Basics
package import SQLite

/// Inside a transaction: what can be asked. Nothing of it leaves the closure.
package protocol Queryable: ~Copyable {
    var link: DatabaseLink { get }
}

/// An open connection as transactions see it; stays on its thread.
package final class DatabaseLink {
    let connection: Connection
    /// Set by a transaction that may have taken something from somebody.
    var isAccessChanged = false
    init(_ connection: consuming Connection) { self.connection = connection }
}

/// A view of the database at one moment.
package struct ReadTransaction: ~Copyable, Queryable {
    package let link: DatabaseLink
    package let now: Timestamp
}

/// Changes that all happen or none.
package struct Transaction: ~Copyable, Queryable {
    package let link: DatabaseLink
    package let now: Timestamp

    /// - Returns: how many rows it changed.
    @discardableResult
    package func run<Text: RawRepresentable<String>>(
        _ statement: Text, _ values: any Bindable...
    ) throws(StoreError) -> Int {
        try link.each(statement.rawValue, values) { (_: borrowing Row) throws(StoreError) in }
        return link.connection.changes
    }

    /// Somebody may do less from now on, or something is reached otherwise; told to the database's
    /// observer after the commit.
    func accessChanged() { link.isAccessChanged = true }
}

extension Queryable where Self: ~Copyable {
    package func all<Text: RawRepresentable<String>, Value>(
        _ statement: Text, _ values: any Bindable...,
        read: (borrowing Row) throws(StoreError) -> Value
    ) throws(StoreError) -> [Value] {
        var found: [Value] = []
        try link.each(statement.rawValue, values) { (row: borrowing Row) throws(StoreError) in
            found.append(try read(row))
        }
        return found
    }

    /// The first row; for statements that have at most one.
    package func first<Text: RawRepresentable<String>, Value>(
        _ statement: Text, _ values: any Bindable...,
        read: (borrowing Row) throws(StoreError) -> Value
    ) throws(StoreError) -> Value? {
        var found: Value?
        try link.each(statement.rawValue, values) { (row: borrowing Row) throws(StoreError) in
            if found == nil { found = try read(row) }
        }
        return found
    }

    /// - Throws: `.notFound(what)` where there is no row.
    package func one<Text: RawRepresentable<String>, Value>(
        _ what: String, _ statement: Text, _ values: any Bindable...,
        read: (borrowing Row) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        var found: Value?
        try link.each(statement.rawValue, values) { (row: borrowing Row) throws(StoreError) in
            if found == nil { found = try read(row) }
        }
        guard let found else { throw .notFound(what) }
        return found
    }

    package func count<Text: RawRepresentable<String>>(
        _ statement: Text, _ values: any Bindable...
    ) throws(StoreError) -> Int {
        var count = 0
        try link.each(statement.rawValue, values) { (row: borrowing Row) throws(StoreError) in
            count = row.int(0)
        }
        return count
    }
}

extension DatabaseLink {
    func each(
        _ sql: String, _ values: [any Bindable],
        _ body: (borrowing Row) throws(StoreError) -> Void
    ) throws(StoreError) {
        let cached: CachedStatement
        do throws(SQLiteError) { cached = try connection.cached(sql) } catch {
            throw StoreError(error)
        }
        cached.isBusy = true
        defer {
            cached.statement.reset()
            cached.isBusy = false
        }
        do throws(SQLiteError) {
            for (index, value) in values.enumerated() {
                try cached.statement.bind(value.bound, at: Int32(index + 1))
            }
        } catch { throw StoreError(error) }
        while true {
            let more: Bool
            do throws(SQLiteError) { more = try cached.statement.step() } catch {
                throw StoreError(error)
            }
            guard more else { return }
            try body(cached.statement.row)
        }
    }

    /// A statement without values or rows, prepared once.
    func command(_ sql: String) throws(StoreError) {
        try each(sql, []) { (_: borrowing Row) throws(StoreError) in }
    }

    func execute(_ sql: String) throws(StoreError) {
        do throws(SQLiteError) { try connection.execute(sql) } catch { throw StoreError(error) }
    }
}
