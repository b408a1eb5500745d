import Site
import Testing

@Suite("Setup code") struct SetupCodeTests {
    @Test("A code that was read aloud and typed by hand is the same code")
    func typed() {
        let code = SetupCode.random()
        let bare = code.text.filter { $0 != "-" }
        #expect(code.text.count == 9)
        #expect(SetupCode.hash(ofTyped: " \(bare.lowercased()) ") == code.hash)
        #expect(SetupCode.hash(ofTyped: SetupCode.random().text) != code.hash)
    }
}
