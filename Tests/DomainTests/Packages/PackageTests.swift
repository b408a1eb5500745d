import Domain
import Testing

@Suite("Names and versions of packages") struct PackageTests {
    @Test("Versions are ordered as Semantic Versioning says")
    func order() throws {
        let texts = [
            "0.0.1", "0.1.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
            "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0", "2.0.0",
        ]
        let versions = try texts.map { try #require(SemanticVersion($0)) }
        #expect(versions.shuffled().sorted().map(\.text) == texts)
    }

    @Test(
        "What is no version is none",
        arguments: ["", "1", "1.2", "1.2.3.4", "01.2.3", "v1.2.3", "1.2.3-", "1.2.3 ", "1.2.x"])
    func noVersion(text: String) { #expect(SemanticVersion(text) == nil) }

    @Test("A caret never leads from one line of versions to another")
    func line() {
        #expect(SemanticVersion("1.2.3")?.line == SemanticVersion("1.9.0")?.line)
        #expect(SemanticVersion("0.2.3")?.line != SemanticVersion("0.3.0")?.line)
        #expect(SemanticVersion("0.0.3")?.line != SemanticVersion("0.0.4")?.line)
    }

    @Test(
        "What could be no directory below node_modules is no name",
        arguments: [
            "", ".", "..", "a/b", "@a", "@/a", "@a/", "@a/b/c", "../x", "@../x", ".bin", "a b",
            "@a/..", "node_modules", "a%2fb", "ä",
        ])
    func noName(text: String) { #expect(PackageName(text) == nil) }

    @Test("npm's settings name the registry, the token for it and nothing unchecked")
    func npmrc() {
        let text = PaletteSettings(origin: "https://plant:8443", token: "t").npmrc
        #expect(text.contains("registry=https://plant:8443/npm/\n"))
        #expect(text.contains("//plant:8443/npm/:_authToken=t\n"))
        #expect(text.contains("strict-ssl=true\n"))
        #expect(!text.contains("ca="))
        let known = PaletteSettings(
            origin: "https://plant:8443", token: "t", authorities: "-----A\nb\n-----Z\n"
        ).npmrc
        #expect(known.contains(#"ca="-----A\nb\n-----Z""# + "\n"))
    }
}
