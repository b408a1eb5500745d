import Domain
import Testing

@Suite("Validated texts") struct NameTests {
    @Test("A name is one visible line of at most 80 characters")
    func names() throws {
        #expect(try InstanceName(validating: "  Press 4 ").text == "Press 4")
        #expect(try InstanceName(validating: "Füllerei 🏭").text == "Füllerei 🏭")
        for bad in ["", "   ", "a\nb", "a\u{0}b", "a\u{202E}b", String(repeating: "x", count: 81)] {
            #expect(throws: ValidationFault.self) { try InstanceName(validating: bad) }
        }
    }

    @Test("A user name is small letters, digits and a few marks")
    func usernames() throws {
        #expect(try Username(validating: "Anna.Berg").text == "anna.berg")
        for bad in ["a", "", ".anna", "anna berg", "änna", String(repeating: "x", count: 65)] {
            #expect(throws: ValidationFault.self) { try Username(validating: bad) }
        }
    }

    @Test("A password is long, and not the name")
    func passwords() throws {
        let anna = try Username(validating: "annabergmann")
        #expect(throws: Never.self) { try Password.check("correct horse", username: anna) }
        for bad in ["short", "Annabergmann", "aaaaaaaaaaaa", String(repeating: "abcd", count: 257)]
        {
            #expect(throws: ValidationFault.self) { try Password.check(bad, username: anna) }
        }
    }

    @Test(
        "Variables that steer Node.js or the loader are refused",
        arguments: [
            "PATH", "NODE_OPTIONS", "node_options", "LD_PRELOAD", "npm_config_registry", "1A",
            "A-B",
            "", "A B", "LINESIDE_X", "\u{10}A",
        ])
    func environmentNames(name: String) {
        #expect(throws: ValidationFault.self) { try EnvironmentVariable.Name(validating: name) }
    }

    @Test("A time zone is a name that can't climb out of its directory")
    func timeZones() throws {
        #expect(try TimeZoneName(validating: "America/Argentina/La_Rioja").text.count == 26)
        for bad in ["", "../etc/passwd", "/UTC", "Europe//Berlin", "a/b/c/d", "Europe/Ber lin"] {
            #expect(throws: ValidationFault.self) { try TimeZoneName(validating: bad) }
        }
    }
}
