using Sequencer.Iac.Aws;
using Sequencer.Iac.Credentials;

namespace Sequencer.Iac.Tests.Aws;

/// <summary>
/// Signatures as AWS publishes them: its test suite of Signature Version 4, and the examples of its
/// guides for IAM and S3.
/// </summary>
public sealed class SigV4Tests
{
    private static readonly AwsCredentials Key = new(
        "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", null, "test");

    private static readonly DateTimeOffset Time = new(2015, 8, 30, 12, 36, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    public void A_plain_request_is_signed_as_in_the_test_suite(string method, string signature)
    {
        var request = new AwsRequest { Method = new HttpMethod(method) };
        request.Headers["host"] = "example.amazonaws.com";
        SigV4.Sign(request, new SigningScope("us-east-1", "service"), Key, Time);
        Assert.Equal("20150830T123600Z", request.Headers["x-amz-date"]);
        Assert.Equal(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            + $"SignedHeaders=host;x-amz-date, Signature={signature}",
            request.Headers["authorization"]);
    }

    [Fact]
    public void Parameters_are_sorted_before_they_are_signed()
    {
        // get-vanilla-query-order-key-case
        var request = new AwsRequest
        {
            Method = HttpMethod.Get,
            Query = [new("Param2", "value2"), new("Param1", "value1")],
        };
        request.Headers["host"] = "example.amazonaws.com";
        SigV4.Sign(request, new SigningScope("us-east-1", "service"), Key, Time);
        Assert.EndsWith(
            "Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            request.Headers["authorization"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_with_parameters_and_a_type_is_signed_as_in_the_guide_of_IAM()
    {
        var request = new AwsRequest
        {
            Method = HttpMethod.Get,
            Query = [new("Action", "ListUsers"), new("Version", "2010-05-08")],
        };
        request.Headers["host"] = "iam.amazonaws.com";
        request.Headers["content-type"] = "application/x-www-form-urlencoded; charset=utf-8";
        SigV4.Sign(request, new SigningScope("us-east-1", "iam"), Key, Time);
        Assert.EndsWith(
            "SignedHeaders=content-type;host;x-amz-date, "
            + "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            request.Headers["authorization"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_and_further_headers_are_signed_as_in_the_guide_of_S3()
    {
        var request = new AwsRequest { Method = HttpMethod.Get, Path = "/test.txt" };
        request.Headers["host"] = "examplebucket.s3.amazonaws.com";
        request.Headers["range"] = "bytes=0-9";
        request.Headers["x-amz-content-sha256"] = SigV4.HexOfHash([]);
        var key = new AwsCredentials(
            "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", null, "test");
        SigV4.Sign(
            request, new SigningScope("us-east-1", "s3"), key,
            new DateTimeOffset(2013, 5, 24, 0, 0, 0, TimeSpan.Zero));
        Assert.EndsWith(
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            request.Headers["authorization"], StringComparison.Ordinal);
    }

    [Fact]
    public void The_token_of_a_temporary_key_is_signed_with_the_rest()
    {
        var request = new AwsRequest();
        request.Headers["host"] = "example.amazonaws.com";
        SigV4.Sign(
            request, new SigningScope("us-east-1", "ec2"), Key with { SessionToken = "token" }, Time);
        Assert.Equal("token", request.Headers["x-amz-security-token"]);
        Assert.Contains(
            "SignedHeaders=host;x-amz-date;x-amz-security-token,",
            request.Headers["authorization"], StringComparison.Ordinal);
    }
}
