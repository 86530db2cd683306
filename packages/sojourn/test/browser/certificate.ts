// With what does the HTTPS server of the browser tests prove who it is?

/** A certificate for localhost that signed itself, and its key: of use to nobody but these tests. */
export const CERTIFICATE = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/HRJShSsaubbXUAt
jnYd5rEMxCU4UyKmUNUQ1zuVDSKhRANCAAQ78Sa2QcOgXT9Dhhbz1Qc5gNM9jCGF
qLY6foD4Y2ZOplyZrfpKDQREDSbd+5jOKEDhKD2xC4jRSClOr99/gATZ
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUebvdH+CWy6NhAOcwiacnLUQ8b6owCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjA3MzcxN1oYDzIxMjYxMDI5
MDczNzE3WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQ78Sa2QcOgXT9Dhhbz1Qc5gNM9jCGFqLY6foD4Y2ZOplyZrfpKDQRE
DSbd+5jOKEDhKD2xC4jRSClOr99/gATZo28wbTAdBgNVHQ4EFgQUGsIZCemWEPez
HvQVQ/w+mQtuJ4kwHwYDVR0jBBgwFoAUGsIZCemWEPezHvQVQ/w+mQtuJ4kwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgGjUiZcGUDFq7wMJkvBwc0+bhcfc17yODnhiiiwL6RRsCIBTu
+TFj8ayqx6YGOLhX2ggmCZOXcNMKotixDzmjtZwx
-----END CERTIFICATE-----
`,
}
