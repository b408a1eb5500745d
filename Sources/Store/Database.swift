package import Basics
import Glibc
package import SQLite

/// A SQLite file with one thread that writes, two for long reads, and connections for look-ups on
/// the caller's own thread. WAL: readers never wait for the writer, and what `write` returned
/// survives a power cut.
package final class Database: Sendable {
    package typealias Failure = StoreError
    package typealias Write<Value> =
        @Sendable (borrowing Transaction) throws(StoreError) -> Value
    package typealias Read<Value> =
        @Sendable (borrowing ReadTransaction) throws(StoreError) -> Value

    /// How much a power cut may take away.
    package enum Durability: Sendable {
        /// Nothing: each batch is on the disk before its writers go on.
        case full
        /// The last seconds, never the file's order: for logs and samples.
        case relaxed
    }

    /// `nil`: in memory.
    package let path: String?
    private let writer: Writer
    private let readers: [Reader]
    private let lookUps: LookUps

    /// Opens, or makes, and migrates. A file that has something in it is first copied to
    /// `<path>.before-<number>`; the last three copies are kept.
    /// - Parameter limit: what the file may grow to; past it writes fail as `.full`.
    package convenience init(
        path: String, migrations: [Migration] = Migrations.registry,
        durability: Durability = .full, limit: ByteCount? = nil,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) async throws(DatabaseFault) {
        try self.init(
            opening: path, migrations: migrations, durability: durability, limit: limit,
            clock: clock)
    }

    /// Gone when the last reference is. Reads take turns with writes.
    package static func inMemory(
        migrations: [Migration] = Migrations.registry,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) async throws(DatabaseFault) -> Database {
        try Database(
            opening: nil, migrations: migrations, durability: .full, limit: nil, clock: clock)
    }

    private init(
        opening path: String?, migrations: [Migration], durability: Durability,
        limit: ByteCount?, clock: @escaping @Sendable () -> Timestamp
    ) throws(DatabaseFault) {
        self.path = path
        let connection = try Database.connect(
            path,
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = \(durability == .full ? "FULL" : "NORMAL");
            PRAGMA foreign_keys = ON;
            PRAGMA cache_size = -2048;
            \(limit.map { "PRAGMA max_page_count = \($0.bytes / 4096);" } ?? "")
            """)
        try Database.migrate(connection, path: path, to: migrations)
        writer = Writer(connection, name: "store-write", clock: clock)
        var readers: [Reader] = []
        var links: [LookUps.Free] = []
        for number in 1...2 where path != nil {
            let connection = try Database.connect(
                path, "PRAGMA query_only = ON; PRAGMA cache_size = -1024;")
            readers.append(Reader(connection, name: "store-read-\(number)", clock: clock))
            // One for the event loop, one for a worker that asks meanwhile.
            let other = try Database.connect(
                path, "PRAGMA query_only = ON; PRAGMA cache_size = -1024;")
            links.append(LookUps.Free(link: DatabaseLink(other)))
        }
        self.readers = readers
        lookUps = LookUps(links)
    }

    private static func connect(
        _ path: String?, _ pragmas: String
    ) throws(DatabaseFault) -> Connection {
        do throws(SQLiteError) {
            let connection = try Connection(path: path ?? ":memory:")
            try connection.execute("PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;")
            try connection.execute(pragmas)
            return connection
        } catch {
            throw DatabaseFault(
                "The database \(path ?? "in memory") can't be opened: \(error).",
                isDamage: error.isCorrupt)
        }
    }

    /// All of `body` happens or nothing, and it may run twice: it must do nothing but use the
    /// transaction.
    package func write<Value: Sendable>(
        _ body: @escaping Write<Value>
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation { continuation in
            writer.submit(TypedWriteJob(body, continuation))
        }
        return try result.get()
    }

    /// Sees one moment, however long it takes.
    // The optimizer of Swift 6.3.1 aborts where it specializes this for a value's type.
    @_semantics("optimize.sil.specialize.generic.never")
    package func read<Value: Sendable>(
        _ body: @escaping Read<Value>
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value, StoreError>, Never>) in
            if let reader = Reader.idlest(of: readers) {
                reader.submit(body, continuation)
            } else {
                let clock = self.writer.clock
                let taken = writer.perform { link in
                    continuation.resume(returning: Reader.run(body, on: link, now: clock()))
                }
                if !taken { continuation.resume(returning: .failure(.busy)) }
            }
        }
        return try result.get()
    }

    /// For a few rows that an index finds: on the caller's thread, be it an event loop, since to
    /// hand such a question to another thread costs several times what the answer does. Lists and
    /// whatever grows with the site go through `read`.
    // The optimizer of Swift 6.3.1 aborts where it specializes this for a value's type.
    @_semantics("optimize.sil.specialize.generic.never")
    package func lookUp<Value: Sendable>(
        _ body: @escaping Read<Value>
    ) async throws(StoreError) -> Value {
        guard let taken = lookUps.take() else { return try await read(body) }
        let result = Reader.run(body, on: taken.link, now: writer.clock())
        lookUps.give(taken)
        return try result.get()
    }

    /// A compact copy, synced, while everything goes on. `path` must not exist.
    package func backup(into path: String) async throws(StoreError) {
        let result: Result<Void, StoreError> = await withCheckedContinuation { continuation in
            let body: @Sendable (DatabaseLink) -> Void = { link in
                do throws(SQLiteError) {
                    try link.connection.backup(into: path)
                    continuation.resume(returning: .success(()))
                } catch { continuation.resume(returning: .failure(StoreError(error))) }
            }
            if !writer.perform(body) { continuation.resume(returning: .failure(.busy)) }
        }
        try result.get()
        guard let file = FileDescriptor(owning: open(path, O_RDONLY | O_CLOEXEC)),
            fsync(file.raw) == 0
        else { throw .full }
    }

    /// Bytes of the file without its write-ahead log.
    package func size() async throws(StoreError) -> ByteCount {
        try await read { (tx: borrowing ReadTransaction) throws(StoreError) -> ByteCount in
            ByteCount(
                try tx.count(DatabaseSQL.pageCount) * tx.count(DatabaseSQL.pageSize))
        }
    }

    /// Called on the writer's thread after each commit that took a session, a token, a role or a
    /// user away, or changed how an instance is reached, before the writer is answered. One observer; it must not block.
    package func observeAccess(_ observer: @escaping @Sendable () -> Void) {
        writer.observeAccess(observer)
    }

    /// What was asked before still happens; later calls fail as `.busy`.
    package func close() {
        lookUps.end()
        for reader in readers { reader.end() }
        writer.end()
    }

    deinit { close() }
}

enum DatabaseSQL: String, CaseIterable {
    case pageCount = "PRAGMA page_count"
    case pageSize = "PRAGMA page_size"
}
