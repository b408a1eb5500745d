import Basics
import Site
import Testing

@Suite("Deploy entry") struct DeployEntryTests {
    private static let id = "1700000000000-0123456789abcdef"

    @Test(
        "Only names that our storage module gives are entries",
        arguments: [
            ("1700000000000-0123456789abcdef.json", true),
            ("1700000000000-0123456789abcdef", false),
            ("1700000000000-0123456789abcdef.json.tmp", false),
            ("../1700000000-0123456789abcdef.json", false),
            ("1700000000000-0123456789ABCDEF.json", false),
            ("170000000000x-0123456789abcdef.json", false),
            ("", false),
        ])
    func names(_ name: String, _ isEntry: Bool) {
        #expect((DeployEntry.id(ofFile: name) != nil) == isEntry)
    }

    @Test("Texts come out exactly as they went in")
    func exact() throws {
        let bytes = Array(
            #"{"format":1,"id":"\#(Self.id)","at":7,"user":null,"flows":"[\n \"ü\"]","credentials":"{}"}"#
                .utf8)
        let entry = try #require(
            DeployEntry(named: Self.id, bytes, at: Timestamp(milliseconds: 9)))
        #expect(entry.flows == Array("[\n \"ü\"]".utf8) && entry.credentials == Array("{}".utf8))
        #expect(entry.at.milliseconds == 7 && entry.user == nil)
    }

    @Test("What holds more values than an entry has is none: it would cost the memory of the site")
    func crowded() {
        let zeros = String(repeating: "0,", count: 100)
        let bytes = Array(
            #"{"format":1,"id":"\#(Self.id)","flows":"[]","x":[\#(zeros)0]}"#.utf8)
        #expect(DeployEntry(named: Self.id, bytes, at: Timestamp(milliseconds: 9)) == nil)
    }

    @Test(
        "An entry under another id's name, of another format or cut short is none",
        arguments: [
            #"{"format":2,"id":"1700000000000-0123456789abcdef","flows":"[]"}"#,
            #"{"format":1,"id":"1700000000000-ffffffffffffffff","flows":"[]"}"#,
            #"{"format":1,"id":"1700000000000-0123456789abcdef","flows":[]}"#,
            #"{"format":1,"id":"1700000000000-0123456789abcdef","fl"#, "", "[]",
        ])
    func broken(_ text: String) {
        #expect(
            DeployEntry(named: Self.id, Array(text.utf8), at: Timestamp(milliseconds: 9)) == nil)
    }
}
