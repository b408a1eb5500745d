import Basics
import Crypto
import Domain
import LinesideTesting
import Site
import Testing

@Suite("The broker's users on a full disk", .timeLimit(.minutes(10))) struct FullBrokerDiskTests {
    @Test("Who is removed is not in the file that a new broker reads")
    func removed() async throws {
        let directory = try TemporaryDirectory()
        guard let small = try SmallFileSystem(directory.path) else {
            print("skipped: a file system of 1 MB needs root")
            return
        }
        defer { small.end() }
        let files = BrokerFiles("\(small.path)/broker")
        let access = BrokerAccess(files: files, link: BrokerLink())
        let rules = [AccessRule(stored: .both, "cell/1/#")]
        // Up to the end of a page, so that not one letter more has a place.
        var users = ["a", "b"].map { BrokerUser.known($0, "secret", rules: rules) }
        func size() async throws -> Int {
            try await access.replaceAll(users)
            return try Files.read(files.access).count % 4_096
        }
        while try await size() < 3_850 {
            users.append(.known("filler\(users.count)", "secret", rules: rules))
        }
        for length in 1...250 {
            users.append(
                .known(String(repeating: "x", count: length), "secret", rules: rules))
            if try await size() == 0 { break }
            users.removeLast()
        }
        let before = try Files.read(files.access).count
        try #require(before % 4_096 == 0)
        small.fill()
        try? await access.remove(["a"])
        let text = String(decoding: try Files.read(files.access), as: UTF8.self)
        let after = text.split(separator: "\n").map(String.init)
        #expect(text.utf8.count < before && !after.contains { $0.hasPrefix("u a ") })
        #expect(after.contains { $0.hasPrefix("u b ") })
        #expect(after.last?.hasPrefix("e ") == true)
    }
}
