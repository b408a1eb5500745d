import Basics
import Testing

@Suite("Timestamp") struct TimestampTests {
    @Test(
        "A timestamp survives RFC 3339",
        arguments: [
            (1_763_704_575_123, "2025-11-21T05:56:15.123Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (0, "1970-01-01T00:00:00.000Z"), (4_102_444_800_000, "2100-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        ])
    func survives(milliseconds: Int64, text: String) {
        let moment = Timestamp(milliseconds: milliseconds)
        #expect(moment.rfc3339 == text)
        #expect(Timestamp(rfc3339: text) == moment)
    }

    @Test("An offset is taken off and digits past the third are dropped")
    func offsets() {
        #expect(
            Timestamp(rfc3339: "2025-11-21T07:26:15.123999+01:30")?.rfc3339
                == "2025-11-21T05:56:15.123Z")
    }

    @Test(
        "What is no time is refused",
        arguments: [
            "", "2025-11-21", "2025-02-30T00:00:00Z", "2025-13-01T00:00:00Z",
            "2025-11-21T24:00:00Z", "2025-11-21T05:56:15", "2025-11-21T05:56:15.Z",
            "2025-11-21T05:56:15Zx",
        ])
    func refuses(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    @Test("Reckoning stops at the ends of what can be told")
    func ends() {
        let (first, last) = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
        let centuries = Duration.seconds(Int64.max / 2)
        #expect(last + .seconds(1) == last && first - .seconds(1) == first)
        #expect(first + .seconds(-1) == first && last - .seconds(-1) == last)
        #expect(Timestamp(milliseconds: 0) + centuries == last)
        #expect(Timestamp(milliseconds: -2) - centuries == first)
        #expect(last.duration(since: first) == .milliseconds(Int64.max))
        #expect(first.duration(since: last) == .milliseconds(Int64.min))
        #expect(!first.rfc3339.isEmpty && !last.rfc3339.isEmpty && !last.httpDate.isEmpty)
        #expect(first.milliseconds == .min && centuries.milliseconds == .max)
    }

    @Test("HTTP's date is written and read")
    func httpDate() {
        let moment = Timestamp(milliseconds: 784_111_777_000)
        #expect(moment.httpDate == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(Timestamp(httpDate: moment.httpDate) == moment)
        #expect(Timestamp(httpDate: "Sunday, 06-Nov-94 08:49:37 GMT") == nil)
    }
}
