import Domain
import Testing

@Suite("Slug") struct SlugTests {
    @Test(
        "What could be read as another path is refused",
        arguments: [
            "", "-", "-a", "a-", "A", "a/b", "a.b", "..", "a b", "é", "api", "assets", "open", "d",
            "f", "npm", "lineside", "live", "static", "login",
            String(repeating: "a", count: 49),
        ])
    func refused(text: String) {
        #expect(throws: ValidationFault.self) { try Slug(validating: text) }
    }

    @Test(
        "Names become slugs that pass their own check",
        arguments: [
            ("Füllerei Linie 3", "fuellerei-linie-3"), ("  Press OEE! ", "press-oee"),
            ("日本", "instance"), ("API", "api-1"), ("Straße/7", "strasse-7"),
        ])
    func suggested(name: String, slug: String) throws {
        let suggestion = Slug.suggested(for: name)
        #expect(suggestion.text == slug)
        #expect(try Slug(validating: suggestion.text) == suggestion)
        #expect(try Slug(validating: Slug.suggested(for: name, attempt: 2).text).text != slug)
    }
}
