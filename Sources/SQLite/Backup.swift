extension Connection {
    /// A whole, compact copy of the database as one file, while it is in use. `path` must not
    /// exist; the caller syncs and renames it.
    package func backup(into path: String) throws(SQLiteError) {
        var statement = try prepare("VACUUM INTO ?1")
        try statement.bind(path, at: 1)
        _ = try statement.step()
    }
}
