import Basics
import Domain
import Glibc
import LinesideTesting
import SQLite
import Store
import Testing

private enum PlainSQL: String {
    case insert = "INSERT INTO setting (key, value) VALUES (?1, ?2)"
    case count = "SELECT count(*) FROM setting"
    case duplicate = "INSERT INTO setting (key, value) SELECT key, value FROM setting"
}

@Suite("Database") struct DatabaseTests {
    private func count(_ database: Database) async throws -> Int {
        try await database.read { (tx: borrowing ReadTransaction) throws(StoreError) -> Int in
            try tx.count(PlainSQL.count)
        }
    }

    @Test(
        "Of many writes at once a failing one takes nothing of the others",
        arguments: [true, false])
    func batching(inMemory: Bool) async throws {
        let directory = try TemporaryDirectory()
        let database =
            inMemory
            ? try await Database.inMemory() : try await Database(path: "\(directory.path)/a.db")
        let failures = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<300 {
                group.addTask {
                    do throws(StoreError) {
                        try await database.write {
                            (tx: borrowing Transaction) throws(StoreError) -> Void in
                            try tx.run(PlainSQL.insert, "key \(number)", "value")
                            if number % 3 == 0 { throw .conflict("no") }
                        }
                        return false
                    } catch { return error == .conflict("no") }
                }
            }
            var failures = 0
            for await failed in group where failed { failures += 1 }
            return failures
        }
        #expect(failures == 100)
        #expect(try await count(database) == 200)
        database.close()
    }

    private func look(_ database: Database) async throws -> (thread: UInt, count: Int) {
        try await database.lookUp {
            (tx: borrowing ReadTransaction) throws(StoreError) -> (thread: UInt, count: Int) in
            (UInt(pthread_self()), try tx.count(PlainSQL.count))
        }
    }

    @Test("A look-up runs on the thread that asks, and sees what was written")
    @MainActor func lookUpInPlace() async throws {
        let directory = try TemporaryDirectory()
        let database = try await Database(path: "\(directory.path)/a.db")
        #expect(try await look(database) == (UInt(pthread_self()), 0))
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(PlainSQL.insert, "a", "b")
        }
        #expect(try await look(database) == (UInt(pthread_self()), 1))
        await #expect(throws: StoreError.notFound("It")) {
            try await database.lookUp {
                (tx: borrowing ReadTransaction) throws(StoreError) -> Void in
                throw .notFound("It")
            }
        }
        // The one that failed gave its connection back with its transaction ended.
        #expect(try await look(database) == (UInt(pthread_self()), 1))
        database.close()
    }

    @Test("More look-ups at one moment than there are connections are answered all the same")
    func lookUpsAtOnce() async throws {
        let directory = try TemporaryDirectory()
        let database = try await Database(path: "\(directory.path)/a.db")
        let gates = [DispatchGate(), DispatchGate()]
        let begun = [DispatchGate(), DispatchGate()]
        let workers = (0..<2).map { number in
            let executor = BlockingExecutor(label: "look-up-\(number)")
            return Task(executorPreference: executor) {
                try await database.lookUp {
                    (tx: borrowing ReadTransaction) throws(StoreError) -> Int in
                    begun[number].open()
                    gates[number].wait()
                    return try tx.count(PlainSQL.count)
                }
            }
        }
        for gate in begun { gate.wait() }
        #expect(try await look(database).count == 0)
        for gate in gates { gate.open() }
        for worker in workers { #expect(try await worker.value == 0) }
        database.close()
    }

    @Test("What was written is there after the database was opened anew")
    func reopened() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/a.db"
        let first = try await Database(path: path)
        try await first.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(PlainSQL.insert, "a", "b")
        }
        first.close()
        let second = try await Database(path: path)
        #expect(try await count(second) == 1)
    }

    @Test("What was acknowledged is in the files at that moment, as a kill would leave them")
    func killed() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/a.db"
        let database = try await Database(path: path)
        for number in 1...20 {
            try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
                try tx.run(PlainSQL.insert, "key \(number)", "value")
            }
            let left = "\(directory.path)/left-\(number).db"
            for suffix in ["", "-wal"] {
                try Files.replace(left + suffix, with: try Files.read(path + suffix))
            }
            let next = try await Database(path: left)
            #expect(try await count(next) == number)
            next.close()
        }
    }

    @Test("A read sees one moment, while writes go on")
    func snapshot() async throws {
        let directory = try TemporaryDirectory()
        let database = try await Database(path: "\(directory.path)/a.db")
        let (reached, reading) = AsyncStream.makeStream(of: Void.self)
        let gate = DispatchGate()
        async let counts = database.read {
            (tx: borrowing ReadTransaction) throws(StoreError) -> [Int] in
            let before = try tx.count(PlainSQL.count)
            reading.yield(())
            gate.wait()
            return [before, try tx.count(PlainSQL.count)]
        }
        for await _ in reached { break }
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(PlainSQL.insert, "a", "b")
        }
        gate.open()
        #expect(try await counts == [0, 0])
        #expect(try await count(database) == 1)
    }

    @Test("A full disk fails the write that needs room, and changes nothing")
    func full() async throws {
        let directory = try TemporaryDirectory()
        let database = try await Database(
            path: "\(directory.path)/a.db", limit: .mebibytes(1))
        let large = String(repeating: "x", count: 1 << 21)
        async let small: Void = database.write {
            (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(PlainSQL.insert, "small", "y")
        }
        await #expect(throws: StoreError.full) {
            try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
                try tx.run(PlainSQL.insert, "large", large)
            }
        }
        try await small
        #expect(try await count(database) == 1)
    }

    @Test("A closed database refuses instead of hanging")
    func closed() async throws {
        let directory = try TemporaryDirectory()
        let database = try await Database(path: "\(directory.path)/a.db")
        database.close()
        await #expect(throws: StoreError.busy) { try await count(database) }
        await #expect(throws: StoreError.busy) {
            try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
                try tx.run(PlainSQL.insert, "a", "b")
            }
        }
    }

    @Test("A database of a newer program is refused in a sentence")
    func newer() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/a.db"
        let connection = try Connection(path: path)
        try connection.execute("PRAGMA user_version = 999")
        let fault = await #expect(throws: DatabaseFault.self) { _ = try await Database(path: path) }
        #expect(fault?.description.contains("written by a newer Lineside") == true)
    }

    @Test("A file that is no database is refused and left as it is")
    func foreign() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/a.db"
        let bytes = Array(String(repeating: "not a database ", count: 100).utf8)
        try Files.replace(path, with: bytes)
        await #expect(throws: DatabaseFault.self) { _ = try await Database(path: path) }
        #expect(try Files.read(path) == bytes)
    }

    @Test("A damaged log is put aside; a damaged registry is refused")
    func damaged() async throws {
        let directory = try TemporaryDirectory()
        let garbage = Array(String(repeating: "not a database ", count: 100).utf8)
        try Files.replace("\(directory.path)/logs.db", with: garbage)
        let stores = try await Stores.open(directory: directory.path)
        _ = try await stores.logs.append(
            [LogRecord(at: .now(), level: .info, text: "again")], of: .random())
        stores.close()
        #expect(stores.historyWasDamaged)
        #expect(try Files.read("\(directory.path)/logs.db.damaged") == garbage)
        let next = try await Stores.open(directory: directory.path)
        next.close()
        #expect(!next.historyWasDamaged)
        let other = try TemporaryDirectory()
        try Files.replace("\(other.path)/registry.db", with: garbage)
        let fault = await #expect(throws: DatabaseFault.self) {
            _ = try await Stores.open(directory: other.path)
        }
        #expect(fault?.isDamage == true)
        #expect(try Files.read("\(other.path)/registry.db") == garbage)
    }

    @Test("Before an upgrade a copy is kept, and of the copies the last three")
    func copies() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/a.db"
        let steps = (1...6).map {
            Migration($0, "s\($0)", "CREATE TABLE t\($0) (x INTEGER) STRICT")
        }
        for number in 1...6 {
            let database = try await Database(path: path, migrations: Array(steps.prefix(number)))
            database.close()
        }
        let copies = try Files.list(directory.path).filter { $0.contains(".before-") }
        #expect(copies == ["a.db.before-4", "a.db.before-5", "a.db.before-6"])
        let old = try Connection(path: "\(directory.path)/a.db.before-4")
        #expect(try Migrator.version(of: old) == 3)
    }

    @Test("A backup is a whole database of the moment it was made")
    func backup() async throws {
        let directory = try TemporaryDirectory()
        let database = try await Database(path: "\(directory.path)/a.db")
        try await database.write { (tx: borrowing Transaction) throws(StoreError) -> Void in
            try tx.run(PlainSQL.insert, "a", "b")
        }
        try await database.backup(into: "\(directory.path)/copy.db")
        let copy = try await Database(path: "\(directory.path)/copy.db")
        #expect(try await count(copy) == 1)
        #expect(try await database.size().bytes > 0)
    }
}
