"""Objects in S3, Google Cloud Storage and Azure Blob Storage.

Owns: their URLs, how each store is reached and asked, what its errors mean.
Must not know: what is in an object.
"""
