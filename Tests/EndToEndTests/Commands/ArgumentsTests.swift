import Testing

@testable import lineside

@Suite("Arguments") struct ArgumentsTests {
    let options: [Arguments.Option] = [.init("--port", "N"), .init("--practice")]

    @Test("Options are taken with a space or an equals sign, words in their order")
    func taken() throws {
        let arguments = try Arguments(
            ["one", "--port=9000", "--practice", "--", "--two"], options: options, words: 0...2)
        #expect(try arguments.int("--port", 1...65_535) == 9000)
        #expect(arguments.has("--practice"))
        #expect(arguments.words == ["one", "--two"])
        let spaced = try Arguments(["--port", "9000"], options: options)
        #expect(spaced["--port"] == "9000")
        #expect(!spaced.has("--practice"))
    }

    @Test(
        "What is not declared is refused with a reason",
        arguments: [
            (["--prot", "1"], "there is no option --prot here"),
            (["--port"], "--port needs a value: --port N"),
            (["--port="], "--port needs a value: --port N"),
            (["--port", "1", "--port", "2"], "--port stands there twice"),
            (["--practice=yes"], "--practice takes no value"),
            (["word"], "'word' is too much"),
            (["-p"], "there is no option -p here"),
        ])
    func refused(arguments: [String], reason: String) {
        #expect(throws: UsageError(reason)) {
            try Arguments(arguments, options: options)
        }
    }

    @Test("A number outside its range is refused")
    func range() throws {
        let arguments = try Arguments(["--port", "65536"], options: options)
        #expect(throws: UsageError.self) { try arguments.int("--port", 0...65_535) }
        #expect(throws: UsageError("something is missing")) {
            try Arguments([], options: options, words: 1...1)
        }
    }
}
