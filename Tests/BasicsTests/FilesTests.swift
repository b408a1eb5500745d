import Basics
import Glibc
import Testing

@Suite("Files") struct FilesTests {
    @Test("A file is replaced whole, and a tree is removed without following links")
    func replaces() throws {
        let base = "/tmp/lineside-files-\(Randomness.text(count: 8, from: .lowercaseAlphanumerics))"
        try Files.makeDirectory("\(base)/a/b")
        try Files.makeDirectory("\(base)-kept")
        try Files.replace("\(base)/a/file", with: [1, 2, 3])
        try Files.replace("\(base)/a/file", with: [4])
        try Files.replace("\(base)-kept/file", with: [9])
        symlink("\(base)-kept", "\(base)/a/link")
        #expect(try Files.read("\(base)/a/file") == [4])
        #expect(try Files.list("\(base)/a") == ["b", "file", "link"])
        try Files.removeTree(base)
        #expect(!Files.exists(base))
        #expect(try Files.read("\(base)-kept/file") == [9])
        try Files.removeTree("\(base)-kept")
    }

    @Test("A tree deeper than any path may be long is removed, and one that is not readable")
    func removesDeepTrees() throws {
        let base = "/tmp/lineside-files-\(Randomness.text(count: 8, from: .lowercaseAlphanumerics))"
        try Files.makeDirectory(base)
        var directory = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try #require(directory >= 0)
        let name = String(repeating: "d", count: 200)
        for _ in 0..<60 {
            #expect(mkdirat(directory, name, 0o700) == 0)
            #expect(symlinkat("/etc", directory, "link") == 0)
            let next = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            try #require(next >= 0)
            close(directory)
            directory = next
        }
        close(directory)
        try Files.makeDirectory("\(base)/shut/inside")
        #expect(chmod("\(base)/shut", 0) == 0)
        try Files.removeTree(base)
        #expect(!Files.exists(base))
    }

    @Test("A file above the limit and a missing one are errors that name the path")
    func refuses() throws {
        let missing = #expect(throws: SystemError.self) { try Files.read("/nowhere/x") }
        #expect(missing?.description == "open /nowhere/x: No such file or directory")
        let large = #expect(throws: SystemError.self) {
            try Files.read("/proc/self/maps", limit: ByteCount(10))
        }
        #expect(large?.code == EFBIG)
    }

    @Test("A tree with names that are no UTF-8 is removed like any other", .timeLimit(.minutes(10)))
    func rawNames() throws {
        let top = "/tmp/lineside-files-\(Randomness.text(count: 8, from: .lowercaseAlphanumerics))"
        try Files.makeDirectory(top)
        // Latin-1 for "ü": a folder of that name, with a file of that name in it.
        let name: [CChar] = [CChar(bitPattern: 0xFC), 0]
        let outer = open(top, O_RDONLY | O_DIRECTORY)
        #expect(mkdirat(outer, name, 0o700) == 0)
        let inner = openat(outer, name, O_RDONLY | O_DIRECTORY)
        close(openat(inner, name, O_WRONLY | O_CREAT, 0o600))
        #expect(mkdirat(inner, "sub", 0o700) == 0)
        close(inner)
        close(outer)
        try Files.removeTree(top)
        #expect(!Files.exists(top))
    }
}
