import Domain
import Testing

@Suite("File paths") struct FilePathTests {
    @Test(
        "A path stays in the area",
        arguments: ["a", "a/b.csv", "…/x", "a b", "…", "a\nb", ".hidden"])
    func takes(text: String) throws {
        #expect(try FilePath(validating: text).text == text)
    }

    @Test(
        "What leads out of the area, or nowhere, is no path",
        arguments: [
            "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "/", "a\0b", "../../etc/passwd",
        ])
    func refuses(text: String) {
        #expect(throws: ValidationFault.self) { try FilePath(validating: text) }
    }

    @Test("Names and paths have a length that the system takes")
    func lengths() throws {
        let long = String(repeating: "n", count: 255)
        #expect(try FilePath(validating: long).names == [long])
        #expect(throws: ValidationFault.self) { try FilePath(validating: long + "n") }
        let deep = Array(repeating: "d", count: FilePath.deepest)
        #expect(try FilePath(validating: deep.joined(separator: "/")).names == deep)
        #expect(throws: ValidationFault.self) {
            try FilePath(validating: (deep + ["d"]).joined(separator: "/"))
        }
    }

    @Test(
        "A new name holds nothing that people cannot see",
        arguments: ["a\nb", "a\u{1B}[2J", "a\u{202E}fdp", "", "\u{7F}"])
    func new(text: String) {
        #expect(throws: ValidationFault.self) { try FilePath(new: text) }
    }

    @Test("The area itself is the empty path, and holds all others")
    func root() throws {
        let path = try FilePath(validating: "a/b")
        #expect(try FilePath(validating: "").isRoot)
        #expect(path.isInside(.root) && path.isInside(path.parent) && !path.parent.isInside(path))
        let other = try FilePath(validating: "ab/b")
        #expect(!other.isInside(path.parent))
        #expect(path.name == "b" && path.parent.appending("c").text == "a/c")
    }
}
